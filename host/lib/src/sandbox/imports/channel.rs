//! The `sandbar:executor/channel` import: a byte pipe to an executor elsewhere.

use crate::channel::{Connect, Pipe};
use crate::http::with_cause;
use crate::sandbox::bindings::channel;
use crate::sandbox::imports::Imports;
use crate::sandbox::pipe::{Inlet, Outlet};
use crate::sandbox::state::State;
use std::sync::Arc;
use wasmtime::component::{Accessor, StreamReader};

impl channel::Host for &mut State {}

impl channel::HostWithStore<State> for Imports {
    async fn connect(
        accessor: &Accessor<State, Self>,
        outgoing: StreamReader<u8>,
    ) -> wasmtime::Result<Result<StreamReader<u8>, String>> {
        let connector: Option<Arc<dyn Connect>> =
            accessor.with(|mut access| access.get().connector().cloned());
        let Some(connector) = connector else {
            close(accessor, outgoing)?;
            return Ok(Err("this sandbox has no channel".to_owned()));
        };
        let Pipe { incoming, outgoing: sink } = match connector.connect().await {
            Ok(pipe) => pipe,
            Err(error) => {
                close(accessor, outgoing)?;
                return Ok(Err(with_cause(&error)));
            }
        };
        accessor.with(|mut access| {
            let (outlet, _end) = Outlet::new(sink);
            outgoing.pipe(&mut access, outlet)?;
            Ok(Ok(StreamReader::new(&mut access, Inlet::new(incoming))?))
        })
    }
}

fn close(
    accessor: &Accessor<State, Imports>,
    mut stream: StreamReader<u8>,
) -> wasmtime::Result<()> {
    accessor.with(|mut access| stream.close(&mut access))
}
