//! `sandbar watch`

use crate::connection::Server;
use crate::failure::{Failure, exit};
use crate::json::{JsonObject, JsonText};
use crate::show::stdout;
use sandbar::Interest;
use sandbar::types::Change;

/// Prints what changes, a line each, until the server ends it or there were enough.
pub(crate) async fn run(
    server: Server,
    interest: Interest,
    count: Option<u64>,
) -> Result<u8, Failure> {
    let as_json = server.output.json;
    server
        .with_session(async |session, console| {
            let names_resources = !interest.resources.is_empty();
            let mut watch =
                session.watch(interest).await.map_err(|error| match names_resources {
                    true => Failure::Resource(error),
                    false => Failure::Session(error),
                })?;
            console.note("watching");
            let mut left = count.unwrap_or(u64::MAX);
            while left > 0 {
                let Some(change) = watch.next().await else {
                    console.note("the server has ended it");
                    break;
                };
                let change = change?;
                if as_json {
                    stdout::json(&object(&change).to_string())?;
                } else {
                    stdout::text(&line(&change))?;
                }
                left -= 1;
            }
            Ok(exit::OK)
        })
        .await
}

const fn kind(change: &Change) -> &'static str {
    match change {
        Change::Tools => "tools",
        Change::Prompts => "prompts",
        Change::Resources => "resources",
        Change::Resource(_) => "resource",
        Change::Missed => "missed",
        Change::Unheard => "unheard",
    }
}

fn line(change: &Change) -> String {
    match change {
        Change::Resource(uri) => format!("resource  {uri}"),
        list => kind(list).to_owned(),
    }
}

fn object(change: &Change) -> JsonObject {
    let object = JsonObject::default().with("changed", JsonText::string(kind(change)));
    match change {
        Change::Resource(uri) => object.with("uri", JsonText::string(uri)),
        _ => object,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a change that cannot be told from another, by people or by programs.
    #[test]
    fn every_change_is_told_by_name() {
        let uri = Change::Resource("a:b".to_owned());
        assert_eq!(line(&uri), "resource  a:b");
        assert_eq!(object(&uri).to_string(), r#"{"changed":"resource","uri":"a:b"}"#);
        let lists = [Change::Tools, Change::Prompts, Change::Resources];
        assert_eq!(lists.each_ref().map(line), ["tools", "prompts", "resources"]);
        assert_eq!(object(&Change::Tools).to_string(), r#"{"changed":"tools"}"#);
    }
}
