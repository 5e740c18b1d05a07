//! The composition `mcp + local` in a host that is not ours: wasmtime with the
//! stock WASI 0.3 implementations, whatever else a WASI host has, and the simplest dialer
//! there is. Not a line of the `sandbar` library but the component itself.

use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sandbar::components::MCP_LOCAL;
use sandbar_demo::{DemoMode, DemoOptions, DemoServer};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use wasmtime::component::{Component, Linker, ResourceTable, Source, StreamConsumer, StreamResult};
use wasmtime::{Config, Engine, Store, StoreContextMut};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package test:bare;
            world bare {
                export sandbar:mcp/client@0.2.0;
            }
        ",
        world: "test:bare/bare",
        exports: { default: async | store },
    });
}

use bindings::sandbar::mcp::types;

#[derive(Default)]
struct Host {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    dial: Dial,
}

/// Dials a connection for each request.
#[derive(Default)]
struct Dial;

type IoResult = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Result<(http::Response<WasiBody>, IoResult), Error>;

impl WasiHttpHooks for Dial {
    fn send_request(
        &mut self,
        mut request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: IoResult,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        Box::new(async move {
            let authority = request.uri().authority().ok_or(Error::HttpRequestUriInvalid)?;
            let socket = TcpStream::connect(authority.as_str()).await.map_err(Error::Connect)?;
            let handshake = http1::handshake(TokioIo::new(socket));
            let (mut sender, connection) = handshake.await.map_err(Error::Hyper)?;
            tokio::spawn(connection);
            // What is on a connection of one's own names the path alone.
            let path = request.uri().path_and_query().cloned();
            *request.uri_mut() = path.ok_or(Error::HttpRequestUriInvalid)?.into();
            let response = sender.send_request(request).await.map_err(Error::Hyper)?;
            let response = response.map(|body| body.map_err(Error::Hyper).boxed_unsync());
            Ok((response, Box::new(std::future::ready(Ok(()))) as IoResult))
        })
    }
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Host {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.dial }
    }
}

fn options(url: &str) -> types::SessionOptions {
    types::SessionOptions {
        url: url.to_owned(),
        fields: Vec::new(),
        client_info: r#"{"name":"bare","version":"0"}"#.to_owned(),
        capabilities: "{}".to_owned(),
        era: None,
        max_message_bytes: 1 << 20,
        deadlines: Vec::new(),
        listens: false,
        log_level: None,
    }
}

/// Counts what is told.
struct Counter(Arc<AtomicUsize>);

impl StreamConsumer<Host> for Counter {
    type Item = types::Notification;

    fn poll_consume(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<'_, Host>,
        mut source: Source<'_, types::Notification>,
        _: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let mut told = Vec::with_capacity(source.remaining(&mut store));
        source.read(&mut store, &mut told)?;
        self.0.fetch_add(told.len(), Ordering::Relaxed);
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

const fn call(id: u64) -> types::CallOptions {
    types::CallOptions { id, progress: true, idle_timeout: None, meta: None, fresh: false }
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

        let mut store = Store::new(&engine, Host::default());
        let bare =
            bindings::Bare::instantiate_async(&mut store, &component, &linker).await.unwrap();
        let session = bare.sandbar_mcp_client().session();
        let (result, steps) = store
            .run_concurrent(async |accessor| {
                let opened = session.call_open(accessor, options(&server.url())).await.unwrap();
                let (opened, _description, mut events) = opened.unwrap();
                // Nobody listens to the session, and that is fine.
                accessor.with(|mut access| events.close(&mut access)).unwrap();
                let told = Arc::new(AtomicUsize::new(0));
                let stream = session.call_listen(accessor, opened, 1).await.unwrap();
                accessor
                    .with(|mut access| stream.pipe(&mut access, Counter(Arc::clone(&told))))
                    .unwrap();
                let arguments = Some(r#"{"steps":20,"delay_ms":0}"#.to_owned());
                let result = session
                    .call_call_tool(accessor, opened, "count".to_owned(), arguments, call(1))
                    .await
                    .unwrap();
                let steps = told.load(Ordering::Relaxed);
                session.call_close(accessor, opened).await.unwrap().unwrap();
                (result.unwrap(), steps)
            })
            .await
            .unwrap();
        assert!(!result.is_error, "{result:?}");
        assert!(steps >= 20, "{steps} notifications before the answer");
    }
}
