//! `sandbar complete`

use crate::args::CompleteArgs;
use crate::arguments::{Assignment, GivenError, GivenValue};
use crate::connection::Server;
use crate::failure::{Failure, exit};
use crate::json::{JsonObject, JsonText};
use crate::show::stdout;
use serde::Deserialize;

/// What to ask for: the parameters of `completion/complete`.
pub(crate) struct Completion(JsonObject);

impl Completion {
    /// Reads and checks what was typed.
    pub(crate) fn resolve(args: &CompleteArgs) -> Result<Self, Failure> {
        let object = JsonObject::default;
        let (kind, key, name) = match (&args.prompt, &args.template) {
            (Some(name), _) => ("ref/prompt", "name", name.as_str()),
            (None, uri) => ("ref/resource", "uri", uri.as_deref().unwrap_or_default()),
        };
        let reference =
            object().with("type", JsonText::string(kind)).with(key, JsonText::string(name));
        let argument = object()
            .with("name", JsonText::string(&args.argument.name))
            .with("value", string(&args.argument)?);
        let params = object().with("ref", reference.into()).with("argument", argument.into());
        if args.with.is_empty() {
            return Ok(Self(params));
        }
        let mut known = object();
        for assignment in &args.with {
            known.set(&assignment.name, string(assignment)?);
        }
        let context = object().with("arguments", known.into());
        Ok(Self(params.with("context", context.into())))
    }

    /// Asks, and prints a value on each line.
    pub(crate) async fn ask(self, server: Server) -> Result<u8, Failure> {
        let as_json = server.output.json;
        server
            .with_session(async |session, console| {
                let params = Some(self.0.to_string());
                let result = console.follow(session.request("completion/complete", params)).await?;
                if as_json {
                    stdout::json(&result)?;
                    return Ok(exit::OK);
                }
                let Answer { completion } = serde_json::from_str(&result).unwrap_or_default();
                if completion.values.is_empty() {
                    console.note("the server has no suggestion");
                } else {
                    stdout::text(&completion.values.join("\n"))?;
                }
                if let Some(note) = completion.rest() {
                    console.note(&note);
                }
                Ok(exit::OK)
            })
            .await
    }
}

/// The arguments of prompts and templates are strings.
fn string(assignment: &Assignment) -> Result<JsonText, GivenError> {
    match &assignment.value {
        GivenValue::Text(text) => Ok(JsonText::string(text)),
        GivenValue::Json(json) if json.as_str().starts_with('"') => Ok(json.clone()),
        GivenValue::Json(_) => Err(GivenError::NotAString { name: assignment.name.clone() }),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    completion: Values,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Values {
    values: Vec<String>,
    total: Option<u64>,
    has_more: bool,
}

impl Values {
    /// What is not shown, if anything.
    fn rest(&self) -> Option<String> {
        let shown = self.values.len() as u64;
        match self.total {
            Some(total) if total > shown => Some(format!("{shown} of {total}")),
            _ if self.has_more => Some("there are more".to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser as _;

    fn params(arguments: &[&str]) -> Result<String, Failure> {
        let all = ["sandbar", "complete", "http://a/mcp"].iter().chain(arguments);
        match Cli::try_parse_from(all).unwrap().command {
            Command::Complete(args) => Completion::resolve(&args).map(|known| known.0.to_string()),
            _ => unreachable!("the command is `complete`"),
        }
    }

    /// Catches a reference of the other kind, and a value that is sent as a number.
    #[test]
    fn what_is_asked_for_is_written_as_mcp_has_it() {
        let prompt = params(&["tone=fo", "--prompt", "greet", "--with", "name=3"]).unwrap();
        let expected = concat!(
            r#"{"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"tone","value":"fo"},"#,
            r#""context":{"arguments":{"name":"3"}}}"#
        );
        assert_eq!(prompt, expected);
        let template = params(&["id:=\"1\"", "--template", "demo://{id}"]).unwrap();
        let expected = r#"{"ref":{"type":"ref/resource","uri":"demo://{id}"},"argument":{"name":"id","value":"1"}}"#;
        assert_eq!(template, expected);
        assert!(params(&["id:=1", "--prompt", "p"]).is_err());
    }

    /// Catches a list that passes for all there is.
    #[test]
    fn what_is_left_out_is_told() {
        let rest = |json: &str| serde_json::from_str::<Values>(json).unwrap().rest();
        assert_eq!(rest(r#"{"values":["a"],"total":1}"#), None);
        assert_eq!(rest(r#"{"values":["a"],"total":7}"#).as_deref(), Some("1 of 7"));
        assert_eq!(rest(r#"{"values":["a"],"hasMore":true}"#).as_deref(), Some("there are more"));
        assert_eq!(rest(r#"{"values":[]}"#), None);
    }
}
