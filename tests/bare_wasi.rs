//! The composition `mcp + local` in a host that is not ours: wasmtime with the
//! stock WASI 0.3 implementations, its default dialer included, and an embedder
//! of ten lines. Not a line of the `sandbar` library but the component itself.

use sandbar::components::MCP_LOCAL;
use sandbar::demo::{DemoMode, DemoOptions, DemoServer};
use wasmtime::component::{Accessor, Component, HasSelf, Linker, ResourceTable};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

mod bindings {
    wasmtime::component::bindgen!({
        path: ["../wit/http", "../wit/mcp"],
        inline: "
            package test:bare;
            world bare {
                import sandbar:mcp/embedder@0.1.0;
                export sandbar:mcp/client@0.1.0;
            }
        ",
        world: "test:bare/bare",
        imports: { default: async | store },
        exports: { default: async | store },
    });
}

use bindings::sandbar::mcp::{embedder, types};

#[derive(Default)]
struct Host {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    notified: Vec<types::Notification>,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Host {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: wasmtime_wasi_http::default_hooks(),
        }
    }
}

impl embedder::Host for Host {}

impl embedder::HostWithStore<Host> for HasSelf<Host> {
    async fn notify(accessor: &Accessor<Host, Self>, notification: types::Notification) {
        accessor.with(|mut access| access.get().notified.push(notification));
    }

    async fn answer(
        _: &Accessor<Host, Self>,
        request: types::ServerRequest,
    ) -> Result<String, types::RpcError> {
        Err(types::RpcError { code: -32601, message: request.method, data: None })
    }
}

fn options(url: &str) -> types::SessionOptions {
    types::SessionOptions {
        url: url.to_owned(),
        fields: Vec::new(),
        client_info: types::Implementation {
            name: "bare".to_owned(),
            version: "0".to_owned(),
            title: None,
        },
        capabilities: "{}".to_owned(),
        era: None,
        max_message_bytes: 1 << 20,
        connect_timeout: None,
        idle_timeout: None,
    }
}

const fn call(id: u64) -> types::CallOptions {
    types::CallOptions { id, progress: true, idle_timeout: None }
}

/// Catches a composition that only our own host can run: one that leans on our
/// dialer, on the order in which we poll, or on an import that WASI has not.
#[tokio::test(flavor = "multi_thread")]
async fn the_composition_runs_unchanged_in_a_bare_wasi_host() {
    for mode in [DemoMode::StatefulSse, DemoMode::StatelessJson] {
        let server =
            DemoServer::start(DemoOptions { mode, ..DemoOptions::default() }).await.unwrap();
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        let engine = Engine::new(&config).unwrap();
        let component = Component::new(&engine, MCP_LOCAL.bytes).unwrap();
        let mut linker = Linker::<Host>::new(&engine);
        wasmtime_wasi::p3::add_to_linker(&mut linker).unwrap();
        wasmtime_wasi_http::p3::add_to_linker(&mut linker).unwrap();
        embedder::add_to_linker::<_, HasSelf<_>>(&mut linker, |host| host).unwrap();

        let mut store = Store::new(&engine, Host::default());
        let bare =
            bindings::Bare::instantiate_async(&mut store, &component, &linker).await.unwrap();
        let session = bare.sandbar_mcp_client().session();
        let (result, steps) = store
            .run_concurrent(async |accessor| {
                let opened = session.call_open(accessor, options(&server.url())).await.unwrap();
                let opened = opened.unwrap();
                let arguments = Some(r#"{"steps":20,"delay_ms":0}"#.to_owned());
                let result = session
                    .call_call_tool(accessor, opened, "count".to_owned(), arguments, call(1))
                    .await
                    .unwrap();
                let steps = accessor.with(|mut access| access.get().notified.len());
                session.call_close(accessor, opened).await.unwrap().unwrap();
                (result.unwrap(), steps)
            })
            .await
            .unwrap();
        assert!(!result.is_error, "{result:?}");
        assert!(steps >= 20, "{steps} notifications before the answer");
    }
}
