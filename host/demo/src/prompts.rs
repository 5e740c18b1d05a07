//! The prompts of the demo server.

use rmcp::{
    handler::server::wrapper::Parameters,
    model::{PromptMessage, Role},
    prompt, prompt_router,
    schemars::{self, JsonSchema},
};
use serde::Deserialize;

use super::handler::DemoHandler;

#[derive(Deserialize, JsonSchema)]
struct GreetArguments {
    /// Whom to greet
    name: String,
    /// How the greeting should sound, for example "formal"
    tone: Option<String>,
}

#[prompt_router(vis = "pub(super)")]
impl DemoHandler {
    #[prompt(description = "Ask the model to greet somebody")]
    async fn greet(&self, Parameters(arguments): Parameters<GreetArguments>) -> Vec<PromptMessage> {
        let GreetArguments { name, tone } = arguments;
        let tone = tone.as_deref().unwrap_or("friendly");
        let text = format!("Write a {tone} greeting for {name}.");
        vec![PromptMessage::new_text(Role::User, text)]
    }
}
