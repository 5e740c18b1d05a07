//! A form, field by field. Types are minded here; limits and formats the sandbox checks.

use super::Person;
use crate::json::{JsonObject, JsonText};
use crate::show::visible_line;
use sandbar::ElicitationAnswer;
use sandbar::types::{Choice, FieldKind, FormField};
use std::io;

/// Asks for each field. The end of the input is the end of it.
pub(super) fn fill_in(
    person: &mut impl Person,
    fields: &[FormField],
) -> io::Result<ElicitationAnswer> {
    let mut content = JsonObject::default();
    for field in fields {
        describe(person, field)?;
        match value(person, field)? {
            Answer::Value(value) => content.set(&field.name, value),
            Answer::Empty => {}
            Answer::End => return Ok(ElicitationAnswer::Cancel),
        }
    }
    Ok(ElicitationAnswer::Accept(Some(content.to_string())))
}

/// What is said to one field.
enum Answer {
    Value(JsonText),
    /// Nothing, where that is an answer.
    Empty,
    /// Nothing more at all.
    End,
}

fn describe(person: &mut impl Person, field: &FormField) -> io::Result<()> {
    let title = field.title.as_deref().filter(|title| *title != field.name);
    let about: Vec<_> = title.into_iter().chain(field.description.as_deref()).collect();
    let separator = if about.is_empty() { "" } else { "  " };
    let line = format!("{}{separator}{}", field.name, about.join(": "));
    person.say(&visible_line(&line))?;
    let (FieldKind::Choice(among) | FieldKind::Choices(sandbar::types::ChoicesField { among, .. })) =
        &field.kind
    else {
        return Ok(());
    };
    for (index, choice) in among.iter().enumerate() {
        let line = match &choice.title {
            Some(title) => format!("  {}) {title} ({})", index + 1, choice.value),
            None => format!("  {}) {}", index + 1, choice.value),
        };
        person.say(&visible_line(&line))?;
    }
    Ok(())
}

fn value(person: &mut impl Person, field: &FormField) -> io::Result<Answer> {
    let prompt = visible_line(&prompt(field)).into_owned();
    loop {
        let Some(line) = person.answer(&prompt)? else { return Ok(Answer::End) };
        if line.is_empty() {
            if field.default.is_some() || !field.required {
                return Ok(Answer::Empty);
            }
            person.say(&visible_line(&format!("`{}` is required", field.name)))?;
            continue;
        }
        match read(&field.kind, &line) {
            Ok(value) => return Ok(Answer::Value(value)),
            Err(wanted) => person.say(&format!("expected {wanted}"))?,
        }
    }
}

fn prompt(field: &FormField) -> String {
    let kind = match &field.kind {
        FieldKind::Text(text) => match (&text.format, text.min_length, text.max_length) {
            (Some(format), _, _) => format.clone(),
            (None, Some(min), Some(max)) => format!("text of {min} to {max} characters"),
            (None, Some(min), None) => format!("text of at least {min} characters"),
            (None, None, Some(max)) => format!("text of at most {max} characters"),
            (None, None, None) => "text".to_owned(),
        },
        FieldKind::Number(number) => {
            let kind = if number.integer { "whole number" } else { "number" };
            match (number.minimum, number.maximum) {
                (Some(min), Some(max)) => format!("{kind} from {min} to {max}"),
                (Some(min), None) => format!("{kind}, at least {min}"),
                (None, Some(max)) => format!("{kind}, at most {max}"),
                (None, None) => kind.to_owned(),
            }
        }
        FieldKind::Boolean => "yes or no".to_owned(),
        FieldKind::Choice(_) => "one of these".to_owned(),
        FieldKind::Choices(_) => "some of these, separated by commas".to_owned(),
        FieldKind::Other(_) => "JSON".to_owned(),
    };
    let default = field.default.as_deref().map(|default| format!(" [{}]", unquoted(default)));
    let optional = if field.required { "" } else { ", may be empty" };
    format!("  {kind}{}: ", default.as_deref().unwrap_or(optional))
}

/// A JSON text for people: a string without its quotes.
fn unquoted(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|_no_string| json.to_owned())
}

/// A line as a value of a field; otherwise what was expected.
fn read(kind: &FieldKind, line: &str) -> Result<JsonText, &'static str> {
    match kind {
        FieldKind::Text(_) => Ok(JsonText::string(line)),
        FieldKind::Number(number) => {
            let text = JsonText::parse(line.trim()).ok();
            let is_number = |text: &JsonText| {
                let number: Result<serde_json::Number, _> = serde_json::from_str(text.as_str());
                number.is_ok()
            };
            let is_whole = |text: &JsonText| {
                text.as_str().parse().is_ok_and(|number: f64| number.fract() == 0.0)
            };
            match text.filter(is_number) {
                Some(text) if !number.integer || is_whole(&text) => Ok(text),
                _ if number.integer => Err("a whole number"),
                _ => Err("a number"),
            }
        }
        FieldKind::Boolean => match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" | "true" => JsonText::parse("true").map_err(|_| "y or n"),
            "n" | "no" | "false" => JsonText::parse("false").map_err(|_| "y or n"),
            _ => Err("y or n"),
        },
        FieldKind::Choice(among) => {
            chosen(among, line).map(JsonText::string).ok_or("one of these, or its number")
        }
        FieldKind::Choices(list) => {
            let chosen: Option<Vec<_>> =
                line.split(',').map(|one| chosen(&list.among, one).map(JsonText::string)).collect();
            let chosen = chosen.ok_or("some of these, or their numbers, separated by commas")?;
            Ok(JsonText::array(&chosen))
        }
        FieldKind::Other(_) => JsonText::parse(line.trim()).map_err(|_| "a JSON value"),
    }
}

/// The value that is meant by its name, its title or its number.
fn chosen<'a>(among: &'a [Choice], said: &str) -> Option<&'a str> {
    let said = said.trim();
    let number = || among.get(said.parse::<usize>().ok()?.checked_sub(1)?);
    let by =
        |name: fn(&Choice) -> Option<&str>| among.iter().find(|choice| name(choice) == Some(said));
    by(|choice| Some(&choice.value))
        .or_else(|| by(|choice| choice.title.as_deref()))
        .or_else(number)
        .map(|choice| choice.value.as_str())
}
