//! `sandbar info`

use crate::connection::Server;
use crate::failure::{Failure, exit};
use crate::json::{JsonObject, JsonText};
use crate::show::stdout;
use sandbar::types::{Era, Implementation, ServerDescription};

/// Shows what the server says of itself.
pub(crate) async fn run(server: Server) -> Result<u8, Failure> {
    let (url, as_json) = (server.url.clone(), server.output.json);
    server
        .with_session(async |session, _console| {
            let known = session.server();
            if as_json {
                stdout::json(&object(&url, known).to_string())?;
            } else {
                stdout::text(&lines(&url, known))?;
            }
            Ok(exit::OK)
        })
        .await
}

const fn era(era: Era) -> &'static str {
    match era {
        Era::Modern => "modern",
        Era::Legacy => "legacy",
    }
}

fn object(url: &str, server: &ServerDescription) -> JsonObject {
    let versions: Vec<_> =
        server.supported_versions.iter().map(|version| JsonText::string(version)).collect();
    let mut object = JsonObject::default()
        .with("url", JsonText::string(url))
        .with("era", JsonText::string(era(server.era)))
        .with("protocolVersion", JsonText::string(&server.protocol_version))
        .with("supportedVersions", JsonText::array(&versions));
    if let Some(info) = &server.server_info {
        object.set("serverInfo", implementation(info).into());
    }
    if let Ok(capabilities) = JsonText::parse(&server.capabilities) {
        object.set("capabilities", capabilities);
    }
    if let Some(instructions) = &server.instructions {
        object.set("instructions", JsonText::string(instructions));
    }
    object
}

fn implementation(info: &Implementation) -> JsonObject {
    let object = JsonObject::default()
        .with("name", JsonText::string(&info.name))
        .with("version", JsonText::string(&info.version));
    match &info.title {
        Some(title) => object.with("title", JsonText::string(title)),
        None => object,
    }
}

fn lines(url: &str, server: &ServerDescription) -> String {
    let name = server.server_info.as_ref().map_or_else(
        || "not given".to_owned(),
        |info| {
            let title = info.title.as_ref().map(|title| format!(" ({title})")).unwrap_or_default();
            format!("{} {}{title}", info.name, info.version)
        },
    );
    let supported = match server.supported_versions.as_slice() {
        [] => "not given".to_owned(),
        versions => versions.join(", "),
    };
    let mut lines = vec![
        format!("url           {url}"),
        format!("server        {name}"),
        format!("era           {}", era(server.era)),
        format!("version       {}", server.protocol_version),
        format!("supported     {supported}"),
        format!("capabilities  {}", server.capabilities),
    ];
    if let Some(instructions) = &server.instructions {
        lines.push(format!("instructions  {}", instructions.replace('\n', "\n              ")));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> ServerDescription {
        ServerDescription {
            era: Era::Modern,
            protocol_version: "2026-07-28".to_owned(),
            supported_versions: vec!["2026-07-28".to_owned(), "2025-11-25".to_owned()],
            server_info: None,
            capabilities: r#"{"x":{"b":1,"a":2}}"#.to_owned(),
            instructions: Some("be\nkind".to_owned()),
        }
    }

    /// Catches capabilities that are reordered, or sent as a string within the object.
    #[test]
    fn the_object_holds_what_the_server_said() {
        let expected = r#"{"url":"http://a/","era":"modern","protocolVersion":"2026-07-28","#
            .to_owned()
            + r#""supportedVersions":["2026-07-28","2025-11-25"],"capabilities":{"x":{"b":1,"a":2}},"#
            + r#""instructions":"be\nkind"}"#;
        assert_eq!(object("http://a/", &server()).to_string(), expected);
    }

    /// Catches instructions that look like further fields.
    #[test]
    fn lines_of_instructions_stay_in_their_column() {
        let text = lines("http://a/", &server());
        assert!(text.ends_with("instructions  be\n              kind"), "{text}");
        assert!(text.contains("server        not given"), "{text}");
    }
}
