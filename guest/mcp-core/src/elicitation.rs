//! Elicitation: what a server asks a user for, in types, and whether an answer fits
//! (2025-11-25 and 2026-07-28, "Elicitation").

use crate::json_string;
use crate::json_text::{Members, ObjectText, Picked, each_item, from_object};
use crate::typed::member;

mod check;

/// What a server asks a user for.
#[derive(Clone, Debug, PartialEq)]
pub enum Elicitation {
    /// Something that this client may see.
    Form(Form),
    /// Something that it must not see: the user goes to a page.
    Url(UrlElicitation),
}

/// A form to fill in.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Why it is asked for.
    pub message: String,
    /// The fields, in the order of the schema.
    pub fields: Vec<FormField>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct FormField {
    /// The name for programs.
    pub name: String,
    /// The name for people.
    pub title: Option<String>,
    /// What it means.
    pub description: Option<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// What it is without an answer, as JSON text; one that does not fit is left out.
    pub default: Option<String>,
    /// What may be filled in.
    pub kind: FieldKind,
}

/// What may be filled into a field. Limits include their ends.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldKind {
    /// A string.
    Text {
        /// Least number of characters.
        min_length: Option<u64>,
        /// Most characters.
        max_length: Option<u64>,
        /// `email`, `uri`, `date`, `date-time`, or another one, which is not checked.
        format: Option<String>,
    },
    /// A number.
    Number {
        /// Whether it has no fraction.
        integer: bool,
        /// The least.
        minimum: Option<Bound>,
        /// The most.
        maximum: Option<Bound>,
    },
    /// True or false.
    Boolean,
    /// One of these strings.
    Choice(Vec<Choice>),
    /// Some of these strings.
    Choices {
        /// What there is to choose from.
        among: Vec<Choice>,
        /// The least number of them.
        min_items: Option<u64>,
        /// The most of them.
        max_items: Option<u64>,
    },
    /// A schema that elicitation does not have, as JSON text. What is filled in is not checked.
    Other(String),
}

/// A limit of a number. It is told as the server spells it: to write a float takes code that is a
/// thirtieth of the component.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The number.
    pub value: f64,
    spelling: String,
}

impl Bound {
    fn of(json: &str) -> Option<Self> {
        Some(Self { value: json.parse().ok()?, spelling: json.to_owned() })
    }
}

impl core::fmt::Display for Bound {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(&self.spelling)
    }
}

/// A string to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The string.
    pub value: String,
    /// What it is called.
    pub title: Option<String>,
}

/// A page to go to. Nothing opens it by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlElicitation {
    /// Why.
    pub message: String,
    /// The page.
    pub url: String,
    /// What the server calls it when it tells that it is done (2025-11-25).
    pub id: Option<String>,
}

impl Elicitation {
    /// Reads the parameters of an `elicitation/create`.
    ///
    /// # Errors
    ///
    /// What is wrong, in a sentence.
    pub fn parse(params: Option<&str>) -> Result<Self, String> {
        let names = ["mode", "message", "requestedSchema", "url", "elicitationId"];
        let [mode, message, schema, url, id] = Picked::from(params.unwrap_or("{}"), names)
            .map_err(|error| format!("the elicitation cannot be read: {error}"))?
            .values;
        let message = member::string(message).unwrap_or_default();
        // One without a mode is a form, as it was before there were modes.
        match member::string(mode).as_deref() {
            None | Some("form") => Form::parse(message, schema).map(Self::Form),
            Some("url") => {
                let url = member::string(url).ok_or("the elicitation has no `url`")?;
                Ok(Self::Url(UrlElicitation { message, url, id: member::string(id) }))
            }
            Some(other) => Err(format!("the mode `{other}` of the elicitation is unknown")),
        }
    }

    /// The answer to send, an `ElicitResult`: with the defaults of the fields that it leaves out.
    ///
    /// # Errors
    ///
    /// What does not fit the form, in a sentence.
    pub fn complete(&self, answer: &str) -> Result<String, String> {
        let object = ObjectText::parse(answer)
            .map_err(|error| format!("the answer is not a JSON object: {error}"))?;
        match (object.string("action").as_deref(), self) {
            (Some("accept"), Self::Form(form)) => {
                let content = object.get("content").filter(|content| *content != "null");
                let content = form.complete(content.unwrap_or("{}"))?;
                let mut out = String::new();
                object.write_with(&mut out, &[("content", &content)]);
                Ok(out)
            }
            (Some("accept" | "decline" | "cancel"), _) => Ok(object.as_str().to_owned()),
            _ => Err("the `action` of the answer is none of accept, decline and cancel".to_owned()),
        }
    }
}

impl Form {
    fn parse(message: String, schema: Option<&str>) -> Result<Self, String> {
        let read = |error| format!("the form cannot be read: {error}");
        let schema = schema.ok_or("the elicitation has no `requestedSchema`")?;
        let [properties, required] =
            Picked::from(schema, ["properties", "required"]).map_err(read)?.values;
        let required = required.map(strings).unwrap_or_default();
        let mut fields = Vec::new();
        if let Some(properties) = member::present(properties) {
            let properties: Members<'_> = from_object(properties).map_err(read)?;
            for (name, schema) in properties.iter() {
                let Some(name) = json_string::read(name) else { continue };
                let required = required.iter().any(|required| *required == name);
                fields.push(FormField::read(name.into_owned(), required, schema));
            }
        }
        Ok(Self { message, fields })
    }
}

impl FormField {
    fn read(name: String, required: bool, schema: &str) -> Self {
        let names = ["title", "description", "default"];
        let [title, description, default] =
            Picked::from(schema, names).map(|picked| picked.values).unwrap_or_default();
        let kind = FieldKind::read(schema);
        // A default that does not fit would make an answer of ours one that does not.
        let default = member::json(default).filter(|default| kind.check(default).is_ok());
        Self {
            name,
            title: member::string(title),
            description: member::string(description),
            required,
            default,
            kind,
        }
    }
}

impl FieldKind {
    fn read(schema: &str) -> Self {
        let names = ["type", "enum", "enumNames", "oneOf"];
        let [kind, values, titles, one_of] =
            Picked::from(schema, names).map(|picked| picked.values).unwrap_or_default();
        let choices = one_of.map_or_else(|| choices(values, titles), titled);
        match member::string(kind).as_deref() {
            Some("string") if !choices.is_empty() => Self::Choice(choices),
            Some("string") => Self::text(schema),
            Some("number") => Self::number(schema, false),
            Some("integer") => Self::number(schema, true),
            Some("boolean") => Self::Boolean,
            Some("array") => Self::list(schema),
            _ if !choices.is_empty() => Self::Choice(choices),
            _ => Self::Other(schema.to_owned()),
        }
    }

    fn text(schema: &str) -> Self {
        let names = ["minLength", "maxLength", "format"];
        let [min, max, format] =
            Picked::from(schema, names).map(|picked| picked.values).unwrap_or_default();
        Self::Text {
            min_length: member::size(min),
            max_length: member::size(max),
            format: member::string(format),
        }
    }

    fn number(schema: &str, integer: bool) -> Self {
        let [minimum, maximum] = Picked::from(schema, ["minimum", "maximum"])
            .map(|picked| picked.values)
            .unwrap_or_default();
        Self::Number {
            integer,
            minimum: minimum.and_then(Bound::of),
            maximum: maximum.and_then(Bound::of),
        }
    }

    fn list(schema: &str) -> Self {
        let [items, min, max] = Picked::from(schema, ["items", "minItems", "maxItems"])
            .map(|picked| picked.values)
            .unwrap_or_default();
        let [values, titles, any_of] =
            Picked::from(items.unwrap_or("{}"), ["enum", "enumNames", "anyOf"])
                .map(|picked| picked.values)
                .unwrap_or_default();
        let among = any_of.map_or_else(|| choices(values, titles), titled);
        if among.is_empty() {
            return Self::Other(schema.to_owned());
        }
        Self::Choices { among, min_items: member::size(min), max_items: member::size(max) }
    }
}

/// `enum`, and the names that an older schema has for people.
fn choices(values: Option<&str>, titles: Option<&str>) -> Vec<Choice> {
    let mut titles = titles.map(strings).unwrap_or_default().into_iter();
    let values = values.map(strings).unwrap_or_default();
    values.into_iter().map(|value| Choice { value, title: titles.next() }).collect()
}

/// `oneOf` and `anyOf`: constants with titles.
fn titled(list: &str) -> Vec<Choice> {
    let mut choices = Vec::new();
    let mut take = |item| {
        let [value, title] =
            Picked::from(item, ["const", "title"]).map(|picked| picked.values).unwrap_or_default();
        if let Some(value) = member::string(value) {
            choices.push(Choice { value, title: member::string(title) });
        }
    };
    match each_item(list, &mut take) {
        Ok(()) => choices,
        Err(_no_list) => Vec::new(),
    }
}

/// The strings of a list.
fn strings(list: &str) -> Vec<String> {
    let mut strings = Vec::new();
    match each_item(list, &mut |item| strings.extend(member::string(Some(item)))) {
        Ok(()) => strings,
        Err(_no_list) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
