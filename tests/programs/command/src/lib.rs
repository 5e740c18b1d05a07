//! One tool call as a WASI command: `URL TOOL [ARGUMENTS]`. The text of the result goes to standard
//! output; a failure goes to standard error, and makes the command fail.

/// Generated from `wit/`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code, differently linted on each target"
)]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package sandbar:command;
            world command {
                import sandbar:mcp/client@0.2.0;
                import wasi:cli/environment@0.3.0;
                import wasi:cli/stderr@0.3.0;
                import wasi:cli/stdout@0.3.0;
                export wasi:cli/run@0.3.0;
            }
        ",
        path: "../../../wit",
        world: "sandbar:command/command",
        with: {
            "sandbar:http/types@0.2.0": sandbar_exchange,
        },
        generate_all,
    });
}

use bindings::exports::wasi::cli::run::Guest;
use bindings::sandbar::mcp::client::Session;
use bindings::sandbar::mcp::types::{CallOptions, Content, Error, SessionOptions};
use bindings::wasi::cli::{environment, stderr, stdout};
use bindings::wit_stream;
use wit_bindgen::StreamReader;

struct Command;

impl Guest for Command {
    async fn run() -> Result<(), ()> {
        let arguments = environment::get_arguments();
        let [_program, url, tool, rest @ ..] = arguments.as_slice() else {
            write("error: usage: URL TOOL [ARGUMENTS]\n", stderr::write_via_stream).await;
            return Err(());
        };
        match call(url, tool, rest.first()).await {
            Ok(text) => write(&format!("{text}\n"), stdout::write_via_stream).await,
            Err(error) => {
                write(&format!("error: {error}\n"), stderr::write_via_stream).await;
                return Err(());
            }
        }
        Ok(())
    }
}

async fn call(url: &str, tool: &str, arguments: Option<&String>) -> Result<String, String> {
    let options = SessionOptions {
        url: url.to_owned(),
        fields: Vec::new(),
        client_info: r#"{"name":"command","version":"0"}"#.to_owned(),
        capabilities: "{}".to_owned(),
        era: None,
        max_message_bytes: 1 << 20,
        deadlines: Vec::new(),
        listens: false,
        log_level: None,
    };
    // Nobody listens to the session.
    let (session, _description, _) = Session::open(options).await.map_err(in_words)?;
    let options =
        CallOptions { id: 1, progress: false, idle_timeout: None, meta: None, fresh: false };
    let called = session.call_tool(tool.to_owned(), arguments.cloned(), options).await;
    let result = called.map_err(in_words)?;
    session.close().await.map_err(in_words)?;
    let texts = result.content.into_iter().filter_map(|content| match content {
        Content::Text(text) => Some(text),
        _ => None,
    });
    let text = texts.collect::<Vec<_>>().join("\n");
    if result.is_error { Err(text) } else { Ok(text) }
}

fn in_words(error: Error) -> String {
    match error {
        Error::Http(failure) => failure.to_string(),
        other => format!("{other:?}"),
    }
}

/// `send` is `write-via-stream` of a standard stream.
async fn write<F: IntoFuture>(text: &str, send: impl FnOnce(StreamReader<u8>) -> F) {
    let (mut writer, reader) = wit_stream::new();
    let written = send(reader);
    // Nobody is left to be told when a standard stream is closed.
    drop(writer.write_all(text.as_bytes().to_vec()).await);
    drop(writer);
    drop(written.await);
}

bindings::export!(Command with_types_in bindings);
