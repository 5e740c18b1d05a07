#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::{Bound, Choice, Elicitation, FieldKind, Form, UrlElicitation};

fn form(properties: &str, required: &str) -> Form {
    let schema = format!(r#"{{"type":"object","properties":{properties},"required":{required}}}"#);
    let params = format!(r#"{{"message":"m","requestedSchema":{schema}}}"#);
    match Elicitation::parse(Some(&params)).unwrap() {
        Elicitation::Form(form) => form,
        other => panic!("{other:?}"),
    }
}

/// What is sent when `content` is accepted.
fn accepted(form: &Form, content: &str) -> Result<String, String> {
    let answer = format!(r#"{{"action":"accept","content":{content}}}"#);
    let sent = Elicitation::Form(form.clone()).complete(&answer)?;
    Ok(sent
        .strip_prefix(r#"{"action":"accept","content":"#)
        .unwrap()
        .trim_end_matches('}')
        .to_owned()
        + "}")
}

fn choice(value: &str, title: Option<&str>) -> Choice {
    Choice { value: value.to_owned(), title: title.map(str::to_owned) }
}

/// Catches fields in another order than the server's, and a kind that is taken for another.
#[test]
fn every_kind_of_field_is_known() {
    let form = form(
        r#"{"z":{"type":"string","minLength":1,"maxLength":2.0,"format":"email","title":"Z","description":"d"},
            "n":{"type":"number","minimum":-1.5},"i":{"type":"integer","maximum":9},"b":{"type":"boolean"},
            "e":{"type":"string","enum":["x","y"],"enumNames":["X"]},
            "o":{"type":"string","oneOf":[{"const":"x","title":"X"},{"const":"y"},7]},
            "l":{"type":"array","items":{"type":"string","enum":["x"]},"minItems":1,"maxItems":2},
            "a":{"type":"array","items":{"anyOf":[{"const":"x","title":"X"}]}},
            "u":{"enum":["x"]},"w":{"type":"object"},"v":{"type":"array","items":{"type":"object"}},"q":7}"#,
        r#"["z","unknown"]"#,
    );
    let text =
        FieldKind::Text { min_length: Some(1), max_length: Some(2), format: Some("email".into()) };
    let number = FieldKind::Number { integer: false, minimum: Bound::of("-1.5"), maximum: None };
    let integer = FieldKind::Number { integer: true, minimum: None, maximum: Bound::of("9") };
    let x = choice("x", None);
    let list =
        FieldKind::Choices { among: vec![x.clone()], min_items: Some(1), max_items: Some(2) };
    let any = FieldKind::Choices {
        among: vec![choice("x", Some("X"))],
        min_items: None,
        max_items: None,
    };
    let expected = [
        ("z", text),
        ("n", number),
        ("i", integer),
        ("b", FieldKind::Boolean),
        ("e", FieldKind::Choice(vec![choice("x", Some("X")), choice("y", None)])),
        ("o", FieldKind::Choice(vec![choice("x", Some("X")), choice("y", None)])),
        ("l", list),
        ("a", any),
        ("u", FieldKind::Choice(vec![x])),
        ("w", FieldKind::Other(r#"{"type":"object"}"#.into())),
        ("v", FieldKind::Other(r#"{"type":"array","items":{"type":"object"}}"#.into())),
        ("q", FieldKind::Other("7".into())),
    ];
    let kinds: Vec<_> =
        form.fields.iter().map(|field| (field.name.as_str(), field.kind.clone())).collect();
    assert_eq!(kinds, expected);
    let first = &form.fields[0];
    assert_eq!((first.title.as_deref(), first.description.as_deref()), (Some("Z"), Some("d")));
    let required: Vec<_> = form.fields.iter().filter(|field| field.required).collect();
    assert_eq!(required, [first]);
}

/// Catches defaults that are not sent, that go over what was filled in, or that do not fit
/// (SEP-1034).
#[test]
fn what_is_left_out_gets_its_default() {
    let form = form(
        r#"{"s":{"type":"string","default":"a"},"i":{"type":"integer","default":30},
            "n":{"type":"number","default":95.5},"e":{"type":"string","enum":["x","y"],"default":"y"},
            "b":{"type":"boolean","default":true},"l":{"type":"array","items":{"enum":["p"]},"default":["p"]},
            "odd":{"type":"integer","default":"many"},"null":{"type":"string","default":null}}"#,
        r#"["s"]"#,
    );
    let all = r#"{"s":"a","i":30,"n":95.5,"e":"y","b":true,"l":["p"]}"#;
    assert_eq!(accepted(&form, "{}").unwrap(), all);
    assert_eq!(accepted(&form, "null").unwrap(), all);
    let given = r#"{"b":false,"more": 1,"s":"b","i":1,"n":2,"e":"x","l":[]}"#;
    assert_eq!(accepted(&form, given).unwrap(), given);
}

/// Catches an answer that the server has to refuse.
#[test]
fn what_does_not_fit_is_named_with_what_would() {
    let form = form(
        r#"{"s":{"type":"string","minLength":2,"maxLength":3},"i":{"type":"integer","minimum":0,"maximum":9},
            "n":{"type":"number"},"e":{"type":"string","enum":["x","y"]},"b":{"type":"boolean"},
            "l":{"type":"array","items":{"enum":["p","q"]},"minItems":1,"maxItems":1},"o":{"type":"object"}}"#,
        r#"["b"]"#,
    );
    for (content, expected) in [
        ("{}", "`b` is required"),
        (r#"{"b":1}"#, "`b` must be true or false"),
        (r#"{"b":true,"s":1}"#, "`s` must be a string"),
        (r#"{"b":true,"s":"é"}"#, "`s` must have at least 2 characters"),
        (r#"{"b":true,"s":"éééé"}"#, "`s` must have at most 3 characters"),
        (r#"{"b":true,"i":1.5}"#, "`i` must be a whole number"),
        (r#"{"b":true,"i":"1"}"#, "`i` must be a whole number"),
        (r#"{"b":true,"i":-1}"#, "`i` must be at least 0"),
        (r#"{"b":true,"i":10}"#, "`i` must be at most 9"),
        (r#"{"b":true,"n":true}"#, "`n` must be a number"),
        (r#"{"b":true,"e":"z"}"#, "`e` must be one of x, y"),
        (r#"{"b":true,"e":1}"#, "`e` must be one of x, y"),
        (r#"{"b":true,"l":"p"}"#, "`l` must be a list"),
        (r#"{"b":true,"l":["p","z"]}"#, "`l` must be one of p, q"),
        (r#"{"b":true,"l":[]}"#, "`l` must have at least 1 items"),
        (r#"{"b":true,"l":["p","q"]}"#, "`l` must have at most 1 items"),
    ] {
        assert_eq!(accepted(&form, content), Err(expected.to_owned()), "{content}");
    }
    for content in [
        r#"{"b":true,"s":"\u00e9\u00e9","i":0,"n":-1e3,"e":"x","l":["q"],"o":[1]}"#,
        r#"{"b":false,"s":"abc","i":9.0}"#,
    ] {
        assert_eq!(accepted(&form, content).as_deref(), Ok(content));
    }
    assert!(accepted(&form, "[]").unwrap_err().contains("not a JSON object"));
}

/// Catches a format that is refused where it fits, or let pass where nobody can mean it.
#[test]
fn formats_are_checked_as_far_as_mcp_names_them() {
    for (format, good, bad) in [
        ("email", vec!["a@b", "é@ü.example"], vec!["a", "@b", "a@", "a b@c"]),
        (
            "uri",
            vec!["a:b", "https://x/?q", "urn+x.1-2:y"],
            vec!["a", ":b", "1a:b", "a b:c", "a:", "a:b c"],
        ),
        (
            "date",
            vec!["2026-11-25", "0001-01-31"],
            vec![
                "2026-13-01",
                "2026-00-01",
                "2026-01-32",
                "26-11-25",
                "2026-11-25-1",
                "2026-1-05",
                "+026-11-25",
                "",
            ],
        ),
        (
            "date-time",
            vec!["2026-11-25T13:00:60Z", "2026-11-25t13:00:00.123z", "2026-11-25 13:00:00-08:00"],
            vec![
                "2026-11-25",
                "2026-11-25T13:00:00",
                "2026-11-25T24:00:00Z",
                "2026-11-25T13:60:00Z",
                "2026-11-25T13:00:61Z",
                "2026-11-25T13:00:00.Z",
                "2026-11-25T13:00Z",
                "2026-11-25T13:00:00+0800",
                "2026-11-25T13:00:00+24:00",
                "2026-13-25T13:00:00Z",
            ],
        ),
        ("hostname", vec!["anything at all"], vec![]),
    ] {
        let form = form(&format!(r#"{{"f":{{"type":"string","format":"{format}"}}}}"#), "[]");
        let fits = |text: &str| accepted(&form, &format!(r#"{{"f":"{text}"}}"#)).is_ok();
        for text in good {
            assert!(fits(text), "{format} {text}");
        }
        for text in bad {
            assert!(!fits(text), "{format} {text}");
        }
    }
}

/// Catches an answer without a decision, and content that is asked for where there is none.
#[test]
fn an_answer_decides() {
    let form = Elicitation::Form(form(r#"{"s":{"type":"string"}}"#, r#"["s"]"#));
    for answer in [r#"{"action":"decline"}"#, r#"{"action":"cancel","content":{"s":1}}"#] {
        assert_eq!(form.complete(answer).as_deref(), Ok(answer));
    }
    for answer in [r#"{"action":"yes"}"#, "{}", "[]", r#"{"action":1}"#] {
        assert!(form.complete(answer).is_err(), "{answer}");
    }
    let params = r#"{"mode":"url","message":"m","url":"https://a/","elicitationId":"e1"}"#;
    let url = Elicitation::parse(Some(params)).unwrap();
    let expected =
        UrlElicitation { message: "m".into(), url: "https://a/".into(), id: Some("e1".into()) };
    assert_eq!(url, Elicitation::Url(expected));
    assert_eq!(url.complete(r#"{"action":"accept"}"#).as_deref(), Ok(r#"{"action":"accept"}"#));
}

/// Catches a question that is put although nobody knows what it asks.
#[test]
fn what_cannot_be_asked_is_told() {
    for params in [
        r#"{"mode":"url","message":"m"}"#,
        r#"{"mode":"telepathy"}"#,
        r#"{"message":"m"}"#,
        r#"{"message":"m","requestedSchema":7}"#,
        r#"{"message":"m","requestedSchema":{"properties":[]}}"#,
        "[]",
    ] {
        assert!(Elicitation::parse(Some(params)).is_err(), "{params}");
    }
    assert!(Elicitation::parse(None).is_err());
    let bare = Elicitation::parse(Some(r#"{"requestedSchema":{"properties":null}}"#)).unwrap();
    assert_eq!(bare, Elicitation::Form(Form { message: String::new(), fields: Vec::new() }));
}
