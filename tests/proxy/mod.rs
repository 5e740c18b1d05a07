//! `sandbar proxy` between an agent's pipes and a server that follows a script.

mod bridge;
mod endings;
mod flow;
mod messages;
mod parking;
mod questions;
mod sessions;

use crate::support::fault::RecordedRequest;
use crate::support::fault_server::FaultServer;

/// The JSON-RPC methods, or those of HTTP, of what a server was asked, in order.
fn operations(server: &FaultServer) -> Vec<String> {
    server.requests().iter().map(RecordedRequest::operation).collect()
}

/// How often a server was asked this.
fn times(server: &FaultServer, operation: &str) -> usize {
    operations(server).iter().filter(|one| *one == operation).count()
}

/// Waits for the first request with this operation.
async fn first(server: &FaultServer, operation: &str) -> RecordedRequest {
    nth(server, operation, 0).await
}

/// Waits for the request with this operation and index, counted from 0.
async fn nth(server: &FaultServer, operation: &str, index: usize) -> RecordedRequest {
    let mut seen = 0;
    for number in 0.. {
        let request = server.request(number).await;
        if request.operation() == operation {
            if seen == index {
                return request;
            }
            seen += 1;
        }
    }
    unreachable!("the journal is waited for")
}

fn body(request: &RecordedRequest) -> &str {
    std::str::from_utf8(&request.body).unwrap()
}
