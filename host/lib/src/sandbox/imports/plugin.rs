//! The `sandbar:plugin` imports of the adapters: the plugins of the session are asked, each in its
//! own store.

use crate::sandbox::bindings::mcp::{ToolPage, ToolResult};
use crate::sandbox::bindings::plugin_tools::Call;
use crate::sandbox::plugins::chain::Chain;
use crate::sandbox::state::State;
use sandbar_exchange::{Request, Response};
use std::sync::Arc;
use tokio::sync::Mutex;
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

/// Adds both interfaces. A session without plugins answers as one whose plugins change nothing.
pub(crate) fn add_to(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut http = linker.instance("sandbar:plugin/http@0.1.0")?;
    http.func_wrap_async("before", |store, (request,): (Request,)| {
        let plugins = plugins(&store);
        Box::new(async move { Ok((plugins.lock().await.before(request).await?,)) })
    })?;
    http.func_wrap_async("after", |store, (response,): (Response,)| {
        let plugins = plugins(&store);
        Box::new(async move { Ok((plugins.lock().await.after(response).await?,)) })
    })?;
    let mut tools = linker.instance("sandbar:plugin/tools@0.1.0")?;
    tools.func_wrap_async("listed", |store, (page,): (ToolPage,)| {
        let plugins = plugins(&store);
        Box::new(async move { Ok((plugins.lock().await.listed(page).await?,)) })
    })?;
    tools.func_wrap_async("calling", |store, (call,): (Call,)| {
        let plugins = plugins(&store);
        Box::new(async move { Ok((plugins.lock().await.calling(call).await?,)) })
    })?;
    tools.func_wrap_async("called", |store, (call, result): (Call, ToolResult)| {
        let plugins = plugins(&store);
        Box::new(async move { Ok((plugins.lock().await.called(&call, result).await?,)) })
    })
}

fn plugins(store: &StoreContextMut<'_, State>) -> Arc<Mutex<Chain>> {
    Arc::clone(store.data().plugins())
}
