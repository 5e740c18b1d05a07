//! The plugins of one session, in their order: the first is nearest to the client. What goes to the
//! server passes them in that order, and what comes back in the other.

use crate::sandbox::bindings::mcp::{ToolPage, ToolResult};
use crate::sandbox::bindings::plugin_tools::{Call, Decision};
use crate::sandbox::memory::MemoryUse;
use crate::sandbox::plugins::error::PluginFailed;
use crate::sandbox::plugins::instance::Instance;
use crate::sandbox::plugins::limits::REASON_BYTES;
use sandbar_exchange::{Request, Response};

/// The plugins of a session.
#[derive(Default)]
pub(crate) struct Chain(Vec<Instance>);

/// What the plugins say of something, or the words in which one of them denies it.
type Verdict<T> = Result<Result<T, String>, PluginFailed>;

impl Chain {
    pub(crate) const fn new(instances: Vec<Instance>) -> Self {
        Self(instances)
    }

    /// Where the memory of each is read.
    pub(crate) fn memories(&self) -> Vec<MemoryUse> {
        self.0.iter().map(|instance| instance.memory().clone()).collect()
    }

    /// Asks each before a request is sent.
    pub(crate) async fn before(&mut self, mut request: Request) -> Verdict<Request> {
        for instance in &mut self.0 {
            match instance.before(request).await? {
                Ok(next) => request = next,
                Err(reason) => return Ok(Err(denial(instance, &reason))),
            }
        }
        Ok(Ok(request))
    }

    /// Asks each after the head of a response has come.
    pub(crate) async fn after(&mut self, mut response: Response) -> Verdict<Response> {
        for instance in self.0.iter_mut().rev() {
            match instance.after(response).await? {
                Ok(next) => response = next,
                Err(reason) => return Ok(Err(denial(instance, &reason))),
            }
        }
        Ok(Ok(response))
    }

    /// Asks each after a page of tools has come.
    pub(crate) async fn listed(&mut self, mut page: ToolPage) -> Result<ToolPage, PluginFailed> {
        for instance in self.0.iter_mut().rev() {
            page = instance.listed(page).await?;
        }
        Ok(page)
    }

    /// Asks each before a tool is called. An answer passes those that were asked before.
    pub(crate) async fn calling(&mut self, mut call: Call) -> Verdict<Decision> {
        let mut answered = None;
        for (index, instance) in self.0.iter_mut().enumerate() {
            match instance.calling(call.clone()).await? {
                Ok(Decision::Proceed(next)) => call = next,
                Ok(Decision::Answer(result)) => {
                    answered = Some((index, result));
                    break;
                }
                Err(reason) => return Ok(Err(denial(instance, &reason))),
            }
        }
        let Some((index, result)) = answered else { return Ok(Ok(Decision::Proceed(call))) };
        let asked = self.0.get_mut(..index).unwrap_or_default();
        Ok(returned(asked, &call, result).await?.map(Decision::Answer))
    }

    /// Asks each after a tool was called.
    pub(crate) async fn called(&mut self, call: &Call, result: ToolResult) -> Verdict<ToolResult> {
        returned(&mut self.0, call, result).await
    }
}

/// Has a result pass these plugins.
async fn returned(
    instances: &mut [Instance],
    call: &Call,
    mut result: ToolResult,
) -> Verdict<ToolResult> {
    for instance in instances.iter_mut().rev() {
        match instance.called(call, result).await? {
            Ok(next) => result = next,
            Err(reason) => return Ok(Err(denial(instance, &reason))),
        }
    }
    Ok(Ok(result))
}

/// The words of a denial: whose it is, and the reason that it gives.
fn denial(instance: &Instance, reason: &str) -> String {
    let reason = reason.get(..reason.floor_char_boundary(REASON_BYTES)).unwrap_or_default();
    format!("the plugin `{}` denies it: {reason}", instance.name())
}
