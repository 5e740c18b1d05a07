//! What the scenarios want done. What there is to do differently in one of them is nothing: each
//! does what any user of the library would.

use crate::Scenario;
use crate::user::User;
use futures::future::BoxFuture;
use sandbar::auth::Attempts;
use sandbar::types::{Elicitation, ToolResult};
use sandbar::{ConnectOptions, ElicitationAnswer, Handler, RpcError, Sandbar, Session};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::error::Error;

/// The scenario whose server asks on the stream that belongs to no request.
const ELICITATION: &str = "elicitation-sep1034-client-defaults";

/// Consents to everything, and fills in nothing but what has no default.
struct Consenting;

impl Handler for Consenting {
    fn elicited(
        &self,
        elicitation: Elicitation,
        _problem: Option<String>,
    ) -> BoxFuture<'_, Result<ElicitationAnswer, RpcError>> {
        let content = matches!(elicitation, Elicitation::Form(_)).then(|| "{}".to_owned());
        Box::pin(std::future::ready(Ok(ElicitationAnswer::Accept(content))))
    }
}

/// Runs a scenario against the server at `url`.
pub(crate) async fn run(
    sandbar: &Sandbar,
    url: &str,
    scenario: &Scenario,
) -> Result<(), Box<dyn Error>> {
    // Nothing is asked or told beside the calls but there; the scenario of resumption takes that stream
    // for its client's second try, if it comes late enough.
    let is_asked = scenario.name == ELICITATION;
    let mut options = ConnectOptions::new(url)
        .capabilities(r#"{"elicitation":{}}"#)
        .handler(Consenting)
        .listens(is_asked);
    if let Some(era) = scenario.era {
        options = options.era(era);
    }
    let user = User::new(url, scenario.context.as_deref())?;
    let mut attempts = Attempts::default();
    loop {
        let refused = match attempt(sandbar, options.clone(), scenario).await {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        };
        // Refused for want of a sign-in, or of one with more scopes: nothing ran.
        let error: Option<&sandbar::Error> = refused.downcast_ref();
        let Some(challenges) = error.and_then(sandbar::Error::challenges) else {
            return Err(refused);
        };
        attempts.count()?;
        user.sign_in(sandbar, challenges).await?;
    }
}

/// Everything that the scenario wants, in a session of its own.
async fn attempt(
    sandbar: &Sandbar,
    options: ConnectOptions,
    scenario: &Scenario,
) -> Result<(), Box<dyn Error>> {
    let session = sandbar.connect_with(options).await?;
    let done = perform(&session, scenario).await;
    session.close().await;
    done
}

async fn perform(session: &Session, scenario: &Scenario) -> Result<(), Box<dyn Error>> {
    match scenario.name.as_str() {
        "initialize" | "request-metadata" | "json-schema-ref-no-deref" => {
            session.list_tools().await?;
        }
        "tools_call" => {
            session.list_tools().await?;
            call(session, "add_numbers", r#"{"a":5,"b":3}"#).await?;
        }
        ELICITATION => {
            // The server drops a question for which that stream is not open yet. It is opened beside
            // the calls: the first of them goes before the tool's.
            session.list_tools().await?;
            call(session, "test_client_elicitation_defaults", "{}").await?;
        }
        "sse-retry" => {
            call(session, "test_reconnection", "{}").await?;
        }
        "http-custom-headers" => made(session, scenario.context.as_deref()).await?,
        "http-standard-headers" => everything(session).await?,
        "http-invalid-tool-headers" | "sep-2322-client-request-state" => {
            for tool in session.list_tools().await? {
                call(session, &tool.name, "{}").await?;
            }
        }
        "json-schema-2020-12-preservation" => echo_schemas(session).await?,
        name if name.starts_with("auth/") => {
            for tool in session.list_tools().await? {
                call(session, &tool.name, "{}").await?;
            }
        }
        other => {
            return Err(format!("the scenario {other} is not one that this client knows").into());
        }
    }
    Ok(())
}

async fn call(
    session: &Session,
    tool: &str,
    arguments: &str,
) -> Result<ToolResult, sandbar::Error> {
    session.call_tool(tool, Some(arguments.to_owned())).await
}

/// Every method of a list, and what it lists.
async fn everything(session: &Session) -> Result<(), Box<dyn Error>> {
    for tool in session.list_tools().await? {
        call(session, &tool.name, "{}").await?;
    }
    for resource in session.list_resources().await? {
        session.read_resource(resource.uri).await?;
    }
    for prompt in session.list_prompts().await? {
        session.get_prompt(prompt.name, None).await?;
    }
    Ok(())
}

/// The calls that the context of the scenario names, with their arguments as they are written there.
async fn made(session: &Session, context: Option<&str>) -> Result<(), Box<dyn Error>> {
    #[derive(Deserialize)]
    struct Context {
        #[serde(rename = "toolCalls")]
        calls: Vec<Call>,
    }
    #[derive(Deserialize)]
    struct Call {
        name: String,
        arguments: Box<RawValue>,
    }

    let context: Context = serde_json::from_str(context.ok_or("the scenario has no context")?)?;
    session.list_tools().await?;
    for Call { name, arguments } in context.calls {
        call(session, &name, arguments.get()).await?;
    }
    Ok(())
}

/// The schema of each tool goes back as it came.
async fn echo_schemas(session: &Session) -> Result<(), Box<dyn Error>> {
    const ECHO: &str = "json_schema_echo";
    for tool in session.list_tools().await?.into_iter().filter(|tool| tool.name != ECHO) {
        call(session, ECHO, &format!(r#"{{"schema":{}}}"#, tool.input_schema)).await?;
    }
    Ok(())
}
