//! What is said of a value as a whole: its type, its number, its text (2020-12 Validation, section 6).

use crate::Unusable;
use crate::check::{At, Checker, Keywords, Outcome, count};
use crate::limits::{PATTERN_BYTES, QUOTED_BYTES};
use regex_lite::{Regex, RegexBuilder};
use serde_json::{Number, Value};
use std::cmp::Ordering;

pub(crate) fn check<'a>(
    checker: &mut Checker<'a>,
    keywords: &'a Keywords,
    value: &Value,
    at: &At<'_>,
    outcome: &mut Outcome,
) -> Result<(), Unusable> {
    if let Some(types) = keywords.get("type") {
        let allowed: Vec<_> = match types {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        if !allowed.iter().any(|name| is_of(value, name)) {
            let allowed = allowed.join(" or ");
            checker.refuse(outcome, at, format!("it is {}, not {allowed}", type_of(value)));
        }
    }
    if let Some(constant) = keywords.get("const")
        && !same(checker, value, constant)?
    {
        checker.refuse(outcome, at, format!("it is {}, not {}", quoted(value), quoted(constant)));
    }
    if let Some(values) = keywords.get("enum").and_then(Value::as_array) {
        let mut is_one = false;
        for one in values {
            is_one = is_one || same(checker, value, one)?;
        }
        if !is_one {
            checker.refuse(outcome, at, format!("{} is none of the values", quoted(value)));
        }
    }
    match value {
        Value::Number(number) => check_number(checker, keywords, number, at, outcome),
        Value::String(text) => check_text(checker, keywords, text, at, outcome)?,
        _ => {}
    }
    Ok(())
}

fn check_number(
    checker: &mut Checker<'_>,
    keywords: &Keywords,
    number: &Number,
    at: &At<'_>,
    outcome: &mut Outcome,
) {
    let bounds = [
        ("minimum", "at least", [Ordering::Greater, Ordering::Equal].as_slice()),
        ("exclusiveMinimum", "more than", &[Ordering::Greater]),
        ("maximum", "at most", &[Ordering::Less, Ordering::Equal]),
        ("exclusiveMaximum", "less than", &[Ordering::Less]),
    ];
    for (name, words, allowed) in bounds {
        if let Some(Value::Number(bound)) = keywords.get(name)
            && !allowed.contains(&compare(number, bound))
        {
            checker.refuse(outcome, at, format!("{number} must be {words} {bound}"));
        }
    }
    if let Some(Value::Number(step)) = keywords.get("multipleOf")
        && !is_multiple(number, step)
    {
        checker.refuse(outcome, at, format!("{number} is no multiple of {step}"));
    }
}

fn check_text<'a>(
    checker: &mut Checker<'a>,
    keywords: &'a Keywords,
    text: &str,
    at: &At<'_>,
    outcome: &mut Outcome,
) -> Result<(), Unusable> {
    let (least, most) = (count(keywords, "minLength"), count(keywords, "maxLength"));
    if least.is_some() || most.is_some() {
        // Characters are those of RFC 8259, not of grapheme clusters.
        let length = text.chars().count();
        if let Some(least) = least.filter(|least| length < *least) {
            checker.refuse(outcome, at, format!("{length} characters are fewer than {least}"));
        }
        if let Some(most) = most.filter(|most| length > *most) {
            checker.refuse(outcome, at, format!("{length} characters are more than {most}"));
        }
    }
    if let Some(pattern) = keywords.get("pattern").and_then(Value::as_str)
        && !matches(checker, pattern, text)?
    {
        checker.refuse(outcome, at, format!("it does not match `{pattern}`"));
    }
    Ok(())
}

/// Whether a text matches a pattern of the schema.
pub(crate) fn matches<'a>(
    checker: &mut Checker<'a>,
    pattern: &'a str,
    text: &str,
) -> Result<bool, Unusable> {
    // The matcher takes time in proportion to both.
    let work = pattern.len().saturating_mul(text.len()) / 64;
    checker.step(u64::try_from(work).unwrap_or(u64::MAX))?;
    Ok(checker.pattern(pattern)?.is_match(text))
}

/// A pattern of ECMA-262, as far as it means the same here.
pub(crate) fn compile(pattern: &str) -> Result<Regex, Unusable> {
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(PATTERN_BYTES);
    builder.build().map_err(|_| Unusable::Pattern(pattern.to_owned()))
}

fn is_of(value: &Value, name: &str) -> bool {
    match (name, value) {
        // 1.0 is an integer (section 6.1.1).
        ("integer", Value::Number(number)) => {
            !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
        }
        ("number", Value::Number(_)) => true,
        _ => name == type_of(value),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Equality as the specification has it (2020-12 Core, section 4.2.2): of numbers by value.
pub(crate) fn same(
    checker: &mut Checker<'_>,
    one: &Value,
    other: &Value,
) -> Result<bool, Unusable> {
    checker.step(1)?;
    Ok(match (one, other) {
        (Value::Number(one), Value::Number(other)) => compare(one, other) == Ordering::Equal,
        (Value::Array(one), Value::Array(other)) => {
            let mut is_same = one.len() == other.len();
            for (one, other) in one.iter().zip(other) {
                is_same = is_same && same(checker, one, other)?;
            }
            is_same
        }
        (Value::Object(one), Value::Object(other)) => {
            let mut is_same = one.len() == other.len();
            for (name, value) in one {
                let Some(other) = other.get(name).filter(|_| is_same) else { return Ok(false) };
                is_same = same(checker, value, other)?;
            }
            is_same
        }
        (one, other) => one == other,
    })
}

/// Numbers by value: whole ones exactly, others as doubles.
fn compare(one: &Number, other: &Number) -> Ordering {
    if let (Some(one), Some(other)) = (one.as_i128(), other.as_i128()) {
        return one.cmp(&other);
    }
    let float = |number: &Number| number.as_f64().unwrap_or(f64::NAN);
    float(one).partial_cmp(&float(other)).unwrap_or(Ordering::Equal)
}

fn is_multiple(number: &Number, step: &Number) -> bool {
    if let (Some(number), Some(step)) = (number.as_i128(), step.as_i128()) {
        return step != 0 && number % step == 0;
    }
    let (Some(number), Some(step)) = (number.as_f64(), step.as_f64()) else { return false };
    // 0.0075 is a multiple of 0.0001, though no double says so.
    let quotient = number / step;
    quotient.is_finite()
        && (quotient - quotient.round()).abs() < 1e-9_f64.max(quotient.abs() * 1e-12)
}

/// The beginning of a value, for a person.
fn quoted(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(QUOTED_BYTES) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
