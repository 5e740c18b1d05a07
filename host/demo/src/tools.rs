//! The tools of the demo server: one for each way in which a call can go.

use std::time::Duration;

use rmcp::{
    ErrorData, Json, RoleServer,
    handler::server::wrapper::Parameters,
    model::{CallToolResult, ContentBlock, ProgressNotificationParam},
    schemars::{self, JsonSchema},
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    handler::DemoHandler,
    limits::{MAX_STEP_DELAY_MS, MAX_STEPS, MAX_TEXT_BYTES},
};

#[derive(Deserialize, JsonSchema)]
struct EchoArguments {
    /// The text to send back
    message: String,
}

#[derive(Deserialize, JsonSchema)]
struct AddArguments {
    a: i64,
    b: i64,
}

#[derive(Deserialize, JsonSchema)]
struct CountArguments {
    /// How many progress notifications to send
    steps: u32,
    /// How long to wait before each of them, in milliseconds
    #[serde(default)]
    delay_ms: u32,
}

#[derive(Deserialize, JsonSchema)]
struct LargeArguments {
    /// How many bytes of text to return
    bytes: u32,
}

#[derive(Deserialize, JsonSchema)]
struct StructuredArguments {
    /// The city to report on
    city: String,
}

/// The structured content of the `structured` tool; its output schema is derived from it.
#[derive(Serialize, JsonSchema)]
struct Weather {
    city: String,
    temperature_celsius: f64,
    conditions: String,
}

#[tool_router(vis = "pub(super)")]
impl DemoHandler {
    #[tool(description = "Send a message back", annotations(read_only_hint = true))]
    async fn echo(&self, Parameters(arguments): Parameters<EchoArguments>) -> String {
        arguments.message
    }

    #[tool(description = "Add two integers", annotations(read_only_hint = true))]
    async fn add(
        &self,
        Parameters(AddArguments { a, b }): Parameters<AddArguments>,
    ) -> CallToolResult {
        match a.checked_add(b) {
            Some(sum) => succeeded(sum.to_string()),
            None => failed("the sum does not fit in 64 bits"),
        }
    }

    #[tool(description = "Count up, reporting progress at each step")]
    async fn count(
        &self,
        Parameters(CountArguments { steps, delay_ms }): Parameters<CountArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, ErrorData> {
        at_most("steps", steps, MAX_STEPS)?;
        at_most("delay_ms", delay_ms, MAX_STEP_DELAY_MS)?;
        let delay = Duration::from_millis(delay_ms.into());
        for step in 1..=steps {
            if !pause(delay, &context).await {
                self.activity().call_cancelled();
                return Ok(failed("cancelled"));
            }
            report_progress(step, steps, &context).await;
        }
        let outcome = format!("counted to {steps}");
        self.log(&outcome, &context).await;
        Ok(succeeded(outcome))
    }

    #[tool(description = "Return a text of the given size")]
    async fn large(
        &self,
        Parameters(LargeArguments { bytes }): Parameters<LargeArguments>,
    ) -> Result<CallToolResult, ErrorData> {
        at_most("bytes", bytes, MAX_TEXT_BYTES)?;
        Ok(succeeded(letters(bytes)))
    }

    #[tool(description = "Report invented weather as structured content")]
    async fn structured(
        &self,
        Parameters(StructuredArguments { city }): Parameters<StructuredArguments>,
    ) -> Json<Weather> {
        Json(Weather { city, temperature_celsius: 21.5, conditions: "sunny".to_owned() })
    }

    #[tool(description = "Fail, as a tool does whose work went wrong")]
    async fn fail(&self) -> CallToolResult {
        failed("this tool always fails")
    }

    #[tool(description = "Never return, until the call is cancelled")]
    async fn slow(&self, context: RequestContext<RoleServer>) -> CallToolResult {
        self.activity().slow_call_started();
        context.ct.cancelled().await;
        self.activity().call_cancelled();
        failed("cancelled")
    }
}

fn succeeded(text: String) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

fn failed(text: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}

fn at_most(argument: &'static str, value: u32, limit: u32) -> Result<(), ErrorData> {
    if value <= limit {
        return Ok(());
    }
    Err(ErrorData::invalid_params(format!("{argument} must be at most {limit}"), None))
}

/// The alphabet over and over: a byte that goes missing or changes places shows.
fn letters(bytes: u32) -> String {
    ('a'..='z').cycle().take(bytes as usize).collect()
}

/// Waits, and says whether the call is still wanted.
async fn pause(delay: Duration, context: &RequestContext<RoleServer>) -> bool {
    if delay.is_zero() {
        return !context.ct.is_cancelled();
    }
    tokio::select! {
        () = tokio::time::sleep(delay) => true,
        () = context.ct.cancelled() => false,
    }
}

/// Sends one progress notification if the caller asked for them by sending a token.
async fn report_progress(step: u32, total: u32, context: &RequestContext<RoleServer>) {
    let Some(token) = context.meta.get_progress_token() else {
        return;
    };
    let progress = ProgressNotificationParam::new(token, step.into())
        .with_total(total.into())
        .with_message(format!("step {step} of {total}"));
    // A caller that is gone is noticed at the next step, through the cancellation token.
    let _ = context.peer.notify_progress(progress).await;
}
