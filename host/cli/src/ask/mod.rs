//! What a server asks of the user, put to the person at the terminal.

mod form;

use crate::show::{Console, visible_line, visible_text};
use form::fill_in;
use futures::future::BoxFuture;
use sandbar::types::{Elicitation, UrlElicitation};
use sandbar::{ElicitationAnswer, Handler, Notification, Root, RpcError};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Who answers for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// The person at the terminal.
    Person,
    /// Nobody: every question is declined, as `--no-input` says.
    Declines,
    /// Nobody, and servers are told so.
    Nobody,
}

impl Answers {
    /// Who there is: a person where there is a terminal to read from and one to ask on.
    pub(crate) fn found(no_input: bool, as_json: bool) -> Self {
        match (no_input, as_json) {
            (true, _) => Self::Declines,
            (false, false) if io::stdin().is_terminal() && io::stderr().is_terminal() => {
                Self::Person
            }
            _ => Self::Nobody,
        }
    }
}

/// Answers a server for the user, and shows what it tells.
pub(crate) struct Attendant {
    console: Console,
    answers: Answers,
    roots: Vec<Root>,
    /// One question at a time.
    turn: Arc<Mutex<()>>,
}

impl Attendant {
    pub(crate) fn new(console: Console, answers: Answers, roots: Vec<Root>) -> Self {
        Self { console, answers, roots, turn: Arc::default() }
    }

    /// The `ClientCapabilities` that fit: servers ask for nothing else.
    pub(crate) fn capabilities(answers: Answers, roots: &[Root]) -> String {
        let elicitation = r#""elicitation":{"form":{},"url":{}}"#;
        let members: Vec<_> =
            [(answers != Answers::Nobody, elicitation), (!roots.is_empty(), r#""roots":{}"#)]
                .into_iter()
                .filter_map(|(is_there, member)| is_there.then_some(member))
                .collect();
        format!("{{{}}}", members.join(","))
    }
}

impl Handler for Attendant {
    fn notified(&self, notification: Notification) -> BoxFuture<'_, ()> {
        self.console.notified(notification)
    }

    fn elicited(
        &self,
        elicitation: Elicitation,
        problem: Option<String>,
    ) -> BoxFuture<'_, Result<ElicitationAnswer, RpcError>> {
        Box::pin(async move {
            match self.answers {
                Answers::Nobody => Err(RpcError::method_not_found("elicitation/create")),
                Answers::Declines => {
                    let message = match &elicitation {
                        Elicitation::Form(form) => &form.message,
                        Elicitation::Url(url) => &url.message,
                    };
                    let message = visible_line(message);
                    self.console
                        .note(&format!("--no-input declines what the server asks: {message}"));
                    Ok(ElicitationAnswer::Decline)
                }
                Answers::Person => {
                    // Whoever is asked answers first, also what nobody wants to know any more.
                    let turn = Arc::clone(&self.turn).lock_owned().await;
                    self.console.finish();
                    let asked = move || {
                        let _turn = turn;
                        ask(&mut Stdio, &elicitation, problem.as_deref())
                    };
                    let mut asking = Asking { console: &self.console, is_answered: false };
                    // A terminal that cannot be read has nobody at it.
                    let answered = tokio::task::spawn_blocking(asked).await;
                    asking.is_answered = true;
                    Ok(answered.ok().and_then(Result::ok).unwrap_or(ElicitationAnswer::Cancel))
                }
            }
        })
    }

    fn roots(&self) -> BoxFuture<'_, Result<Vec<Root>, RpcError>> {
        let roots = match self.roots.as_slice() {
            [] => Err(RpcError::method_not_found("roots/list")),
            roots => Ok(roots.to_vec()),
        };
        Box::pin(std::future::ready(roots))
    }
}

/// A question that a person has before them; one that is given up is said to be.
struct Asking<'a> {
    console: &'a Console,
    is_answered: bool,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            let text =
                "the question is withdrawn: nobody waits for the answer any more; Enter goes on";
            self.console.note(text);
        }
    }
}

/// Where a person is.
trait Person {
    /// Says something. What a server said is made visible first.
    fn say(&mut self, text: &str) -> io::Result<()>;
    /// Asks for a line; none at the end of the input.
    fn answer(&mut self, prompt: &str) -> io::Result<Option<String>>;
}

struct Stdio;

impl Person for Stdio {
    fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(io::stderr(), "{text}")
    }

    fn answer(&mut self, prompt: &str) -> io::Result<Option<String>> {
        write!(io::stderr(), "{prompt}")?;
        io::stderr().flush()?;
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

fn ask(
    person: &mut impl Person,
    elicitation: &Elicitation,
    problem: Option<&str>,
) -> io::Result<ElicitationAnswer> {
    if let Some(problem) = problem {
        person.say(&format!("that does not do: {}", visible_line(problem)))?;
    }
    match elicitation {
        Elicitation::Form(form) => {
            person.say(&format!("the server asks: {}", visible_text(&form.message)))?;
            match consent(person, "answer? [Y/n] ", true)? {
                Some(true) => fill_in(person, &form.fields),
                other => Ok(refusal(other)),
            }
        }
        Elicitation::Url(url) => visit(person, url),
    }
}

/// Nothing opens the page but the person: the whole URL is shown, with nothing of it hidden.
fn visit(person: &mut impl Person, url: &UrlElicitation) -> io::Result<ElicitationAnswer> {
    person.say(&format!("the server asks you to visit a page: {}", visible_text(&url.message)))?;
    person.say(&format!("  {}", visible_line(&url.url)))?;
    person.say(
        "what you enter there does not pass through sandbar; open it yourself if you trust it",
    )?;
    match consent(person, "tell the server that you go there? [y/N] ", false)? {
        Some(true) => Ok(ElicitationAnswer::Accept(None)),
        other => Ok(refusal(other)),
    }
}

/// Yes or no; none at the end of the input.
fn consent(person: &mut impl Person, prompt: &str, unsaid: bool) -> io::Result<Option<bool>> {
    loop {
        let Some(answer) = person.answer(prompt)? else { return Ok(None) };
        match answer.trim().to_ascii_lowercase().as_str() {
            "" => return Ok(Some(unsaid)),
            "y" | "yes" => return Ok(Some(true)),
            "n" | "no" => return Ok(Some(false)),
            _ => person.say("y or n")?,
        }
    }
}

const fn refusal(consent: Option<bool>) -> ElicitationAnswer {
    match consent {
        Some(_) => ElicitationAnswer::Decline,
        None => ElicitationAnswer::Cancel,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use sandbar::types::{
        Choice, ChoicesField, FieldKind, Form, FormField, NumberField, TextField,
    };
    use std::collections::VecDeque;

    /// A person who says these lines, and remembers what was said to it.
    #[derive(Default)]
    struct Script {
        lines: VecDeque<&'static str>,
        heard: String,
    }

    impl Person for Script {
        fn say(&mut self, text: &str) -> io::Result<()> {
            self.heard.push_str(text);
            self.heard.push('\n');
            Ok(())
        }

        fn answer(&mut self, prompt: &str) -> io::Result<Option<String>> {
            self.heard.push_str(prompt);
            Ok(self.lines.pop_front().map(str::to_owned))
        }
    }

    fn asked(elicitation: &Elicitation, lines: &[&'static str]) -> (ElicitationAnswer, String) {
        let mut person = Script { lines: lines.iter().copied().collect(), heard: String::new() };
        let answer = ask(&mut person, elicitation, None).unwrap();
        assert!(person.lines.is_empty(), "{:?} was not asked for", person.lines);
        (answer, person.heard)
    }

    fn field(name: &str, required: bool, default: Option<&str>, kind: FieldKind) -> FormField {
        let default = default.map(str::to_owned);
        let name = name.to_owned();
        FormField { name, title: None, description: None, required, default, kind }
    }

    fn form(fields: Vec<FormField>) -> Elicitation {
        Elicitation::Form(Form { message: "who\u{1b}[2J are you?".to_owned(), fields })
    }

    fn accepted(content: &str) -> ElicitationAnswer {
        ElicitationAnswer::Accept(Some(content.to_owned()))
    }

    const TEXT: TextField = TextField { min_length: None, max_length: None, format: None };

    fn choices() -> Vec<Choice> {
        let choice = |value: &str, title: Option<&str>| Choice {
            value: value.to_owned(),
            title: title.map(str::to_owned),
        };
        vec![choice("r", Some("Red")), choice("g", None)]
    }

    /// Catches values that are sent as another type, a default that is typed out, and a field that
    /// may be empty and is asked for again.
    #[test]
    fn what_is_typed_becomes_what_the_field_is() {
        let number =
            |integer| FieldKind::Number(NumberField { integer, minimum: None, maximum: None });
        let list = ChoicesField { among: choices(), min_items: None, max_items: None };
        let fields = vec![
            field("text", true, None, FieldKind::Text(TEXT)),
            field("default", true, Some("\"d\""), FieldKind::Text(TEXT)),
            field("optional", false, None, FieldKind::Text(TEXT)),
            field("whole", true, None, number(true)),
            field("number", true, None, number(false)),
            field("flag", true, None, FieldKind::Boolean),
            field("one", true, None, FieldKind::Choice(choices())),
            field("title", true, None, FieldKind::Choice(choices())),
            field("some", true, None, FieldKind::Choices(list)),
            field("json", true, None, FieldKind::Other("{}".to_owned())),
        ];
        let lines = [
            "y", "", "a \"b\"", "", "", "1.5", "7", "x", "-1e3", "maybe", "no", "3", "2", "Red",
            "1, g", "{", "[1]",
        ];
        let (answer, heard) = asked(&form(fields), &lines);
        let expected = concat!(
            r#"{"text":"a \"b\"","whole":7,"number":-1e3,"flag":false,"one":"g","title":"r","#,
            r#""some":["r","g"],"json":[1]}"#
        );
        assert_eq!(answer, accepted(expected));
        for told in [
            "who\u{fffd}[2J are you?",
            "`text` is required",
            "a whole number",
            "a number",
            "y or n",
            "[d]",
            "1) Red (r)",
            "2) g",
        ] {
            assert!(heard.contains(told), "{told} in {heard}");
        }
    }

    /// Catches consent that is taken for granted, or taken from the end of the input.
    #[test]
    fn a_person_can_say_no_or_nothing() {
        let form = form(vec![field("text", true, None, FieldKind::Text(TEXT))]);
        assert_eq!(asked(&form, &["n"]).0, ElicitationAnswer::Decline);
        assert_eq!(asked(&form, &["what?", "no"]).0, ElicitationAnswer::Decline);
        assert_eq!(asked(&form, &[]).0, ElicitationAnswer::Cancel);
        assert_eq!(asked(&form, &["y"]).0, ElicitationAnswer::Cancel);
        assert_eq!(asked(&form, &["", "x"]).0, accepted(r#"{"text":"x"}"#));
    }

    /// Catches a page that is agreed to by an empty line, and a URL that is not shown whole.
    #[test]
    fn a_page_is_visited_by_the_person_alone() {
        let url = "https://a.example/very/long?with=everything#and-more".to_owned();
        let page = Elicitation::Url(UrlElicitation {
            message: "pay".to_owned(),
            url: url.clone(),
            id: None,
        });
        let (answer, heard) = asked(&page, &[""]);
        assert_eq!(answer, ElicitationAnswer::Decline);
        assert!(heard.contains(&url), "{heard}");
        assert_eq!(asked(&page, &["yes"]).0, ElicitationAnswer::Accept(None));
        assert_eq!(asked(&page, &[]).0, ElicitationAnswer::Cancel);
    }

    /// Catches a person who is not told why the same question comes again.
    #[test]
    fn a_problem_is_told_before_the_question() {
        let mut person = Script::default();
        let form = form(Vec::new());
        let answer = ask(&mut person, &form, Some("`age` must be at most 9")).unwrap();
        assert_eq!(answer, ElicitationAnswer::Cancel);
        assert!(person.heard.starts_with("that does not do: `age` must be at most 9\n"));
    }

    /// Catches a capability that nobody has, which servers would rely on.
    #[test]
    fn only_what_can_be_answered_is_declared() {
        let root = Root { uri: "file:///a".to_owned(), name: None };
        for (answers, roots, expected) in [
            (Answers::Nobody, vec![], "{}"),
            (Answers::Nobody, vec![root.clone()], r#"{"roots":{}}"#),
            (Answers::Person, vec![], r#"{"elicitation":{"form":{},"url":{}}}"#),
            (Answers::Declines, vec![root], r#"{"elicitation":{"form":{},"url":{}},"roots":{}}"#),
        ] {
            assert_eq!(Attendant::capabilities(answers, &roots), expected);
        }
        assert_eq!(Answers::found(true, true), Answers::Declines);
        assert_eq!(Answers::found(false, true), Answers::Nobody);
    }
}
