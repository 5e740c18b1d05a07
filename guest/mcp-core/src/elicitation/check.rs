//! Whether what was filled in fits.

use super::{Bound, Choice, FieldKind, Form, FormField};
use crate::json_string;
use crate::json_text::{ObjectText, each_item};

impl Form {
    /// The content of an answer with the defaults of what it leaves out.
    pub(super) fn complete(&self, content: &str) -> Result<String, String> {
        let content = ObjectText::parse(content)
            .map_err(|error| format!("the content is not a JSON object: {error}"))?;
        let mut added: Vec<(&str, &str)> = Vec::new();
        for field in &self.fields {
            match (content.get(&field.name), &field.default) {
                (Some(value), _) => field.check(value)?,
                (None, Some(default)) => added.push((&field.name, default)),
                (None, None) if field.required => {
                    return Err(format!("`{}` is required", field.name));
                }
                (None, None) => {}
            }
        }
        let mut out = String::new();
        content.write_with(&mut out, &added);
        Ok(out)
    }
}

impl FormField {
    fn check(&self, value: &str) -> Result<(), String> {
        self.kind.check(value).map_err(|wanted| format!("`{}` {wanted}", self.name))
    }
}

impl FieldKind {
    /// Whether a JSON text is one of the field's values; otherwise what it must be.
    pub(super) fn check(&self, value: &str) -> Result<(), String> {
        match self {
            Self::Text { min_length, max_length, format } => {
                let text = json_string::read(value).ok_or("must be a string")?;
                let count = text.chars().count() as u64;
                within(count, *min_length, *max_length, "characters")?;
                format.as_deref().map_or(Ok(()), |format| check_format(format, &text))
            }
            Self::Number { integer, minimum, maximum } => {
                check_number(value, *integer, minimum.as_ref(), maximum.as_ref())
            }
            Self::Boolean if matches!(value, "true" | "false") => Ok(()),
            Self::Boolean => Err("must be true or false".to_owned()),
            Self::Choice(among) => check_choice(among, value),
            Self::Choices { among, min_items, max_items } => {
                let (mut count, mut odd) = (0, None);
                let mut take = |item| {
                    count += 1;
                    odd = odd.take().or_else(|| check_choice(among, item).err());
                };
                each_item(value, &mut take).map_err(|_no_list| "must be a list".to_owned())?;
                odd.map_or(Ok(()), Err)?;
                within(count, *min_items, *max_items, "items")
            }
            Self::Other(_) => Ok(()),
        }
    }
}

fn within(count: u64, min: Option<u64>, max: Option<u64>, what: &str) -> Result<(), String> {
    if let Some(min) = min.filter(|min| count < *min) {
        return Err(format!("must have at least {min} {what}"));
    }
    match max.filter(|max| count > *max) {
        Some(max) => Err(format!("must have at most {max} {what}")),
        None => Ok(()),
    }
}

fn check_number(
    value: &str,
    integer: bool,
    minimum: Option<&Bound>,
    maximum: Option<&Bound>,
) -> Result<(), String> {
    let wanted = if integer { "must be a whole number" } else { "must be a number" };
    let is_json_number = value.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let number: f64 = value.parse().ok().filter(|_| is_json_number).ok_or(wanted)?;
    if integer && number.fract() != 0.0 {
        return Err(wanted.to_owned());
    }
    if let Some(minimum) = minimum.filter(|minimum| number < minimum.value) {
        return Err(format!("must be at least {minimum}"));
    }
    match maximum.filter(|maximum| number > maximum.value) {
        Some(maximum) => Err(format!("must be at most {maximum}")),
        None => Ok(()),
    }
}

fn check_choice(among: &[Choice], value: &str) -> Result<(), String> {
    let text = json_string::read(value);
    if text.is_some_and(|text| among.iter().any(|choice| choice.value == text)) {
        return Ok(());
    }
    let values: Vec<_> = among.iter().map(|choice| choice.value.as_str()).collect();
    Err(format!("must be one of {}", values.join(", ")))
}

/// The formats that MCP names (2025-11-25, "Elicitation", "Requested Schema"). Only what can never be
/// meant is refused: the server checks again.
fn check_format(format: &str, text: &str) -> Result<(), String> {
    let fits = match format {
        "email" => text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace)
        }),
        "uri" => text.split_once(':').is_some_and(|(scheme, rest)| {
            let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.chars().all(is_scheme)
                && !rest.is_empty()
                && !rest.contains(char::is_whitespace)
        }),
        "date" => is_date(text),
        "date-time" => text
            .split_once(['T', 't', ' '])
            .is_some_and(|(date, time)| is_date(date) && is_time(time)),
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("must be of the format `{format}`")) }
}

/// `YYYY-MM-DD` (RFC 3339 section 5.6).
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-').map(|part| digits(part).map(|number| (part.len(), number)));
    matches!(
        (parts.next(), parts.next(), parts.next(), parts.next()),
        (Some(Some((4, _))), Some(Some((2, 1..=12))), Some(Some((2, 1..=31))), None)
    )
}

/// `HH:MM:SS`, with a fraction perhaps, and an offset (RFC 3339 section 5.6).
fn is_time(text: &str) -> bool {
    let (clock, is_zoned) = match text.strip_suffix(['Z', 'z']) {
        Some(clock) => (clock, true),
        None => match text.rsplit_once(['+', '-']) {
            Some((clock, offset)) => (clock, is_clock(offset, 2)),
            None => (text, false),
        },
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    is_zoned && digits(fraction).is_some() && is_clock(clock, 3)
}

fn is_clock(text: &str, parts: usize) -> bool {
    let limits = [23, 59, 60];
    text.split(':').count() == parts
        && text
            .split(':')
            .zip(limits)
            .all(|(part, limit)| part.len() == 2 && digits(part).is_some_and(|n| n <= limit))
}

fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.get(..text.len().min(18)).filter(|_| is_number)?.parse().ok()
}
