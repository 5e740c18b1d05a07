//! `sandbar fetch`

use crate::support::binary::{command, ended, sandbar, sandbar_with_input};
use crate::support::{
    fault::{Chunk, Gate, Response, Script},
    fault_server::FaultServer,
    patience::wait_for,
};
use tokio::io::AsyncReadExt;

/// Bytes that are no text, and more than any buffer on the way takes at once.
fn body() -> Vec<u8> {
    (0..3_000_000u32).map(|index| (index % 251) as u8).collect()
}

/// A server that answers with [`body`]; at `/cut` it breaks off, having announced more.
async fn server() -> FaultServer {
    FaultServer::start(|request| match request.target.as_str() {
        "/cut" => {
            let cut = Response::new(200).body(body()).declared_length(4_000_000);
            Script::respond(cut).close()
        }
        "/missing" => Script::respond(Response::new(404).body("no")),
        _ => {
            Script::respond(Response::new(200).field("x-two", "1").field("x-two", "2").body(body()))
        }
    })
    .await
}

/// Catches a body that passes through text on its way, or loses its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_arrives_byte_for_byte_from_here_and_through_an_executor() {
    let server = server().await;
    let executor = format!("'{}' executor --stdio --allow-any", env!("CARGO_BIN_EXE_sandbar"));
    for options in [&[][..], &["--executor-command", &executor]] {
        let url = server.url("/");
        let arguments = ["fetch", &url].into_iter().chain(options.iter().copied());
        let child = command(arguments).spawn().unwrap();
        let output = wait_for("the fetch", child.wait_with_output()).await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{options:?}");
        assert!(output.stdout == body(), "{options:?}");
    }
}

/// Catches a body that is kept until all of it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_written_while_it_arrives() {
    let gate = Gate::new("the second chunk");
    let waiting = gate.clone();
    let server = FaultServer::start(move |_| {
        let begun = Script::respond(Response::new(200).chunks_follow()).send(Chunk::new("first"));
        begun.wait(&waiting).send(Chunk::new("second")).close()
    })
    .await;
    let mut child = command(["fetch", &server.url("/")]).spawn().unwrap();
    let mut first = [0; 5];
    let stdout = child.stdout.as_mut().unwrap();
    wait_for("the first chunk", stdout.read_exact(&mut first)).await.unwrap();
    assert_eq!(&first, b"first");
    gate.open();
    let run = ended(child).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(4), "second"), "the last chunk is missing");
}

/// Catches a body that ends early and passes for a whole one, and one that is thrown away.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_exits_with_4_and_what_came_is_kept() {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    let path = file.display().to_string();
    let run = sandbar(["fetch", &server.url("/cut"), "-o", &path]).await;
    run.assert_failed(4, &["broke off after 3000000 bytes", "incomplete"]);
    assert!(std::fs::read(file).unwrap() == body());
}

/// Catches `-o` that also writes to standard output, and a file that cannot be written and looks
/// like a failure of the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_goes_to_the_file() {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    std::fs::write(&file, vec![b'x'; 4_000_000]).unwrap();
    let run = sandbar(["fetch", &server.url("/"), "-o", &file.display().to_string()]).await;
    assert_eq!((run.output(), run.stderr.as_str()), ("", ""));
    assert!(std::fs::read(file).unwrap() == body());
    let folder = folder.path().display().to_string();
    sandbar(["fetch", &server.url("/"), "-o", &folder]).await.assert_failed(8, &[&folder]);
}

/// Catches a request that is not the one asked for.
#[tokio::test(flavor = "multi_thread")]
async fn method_fields_and_content_are_sent() {
    let server = FaultServer::start(|_| Script::respond(Response::new(200))).await;
    let url = server.url("/");
    sandbar_with_input(&["fetch", &url, "-d", "-", "-H", "x-a: 1"], "content").await.output();
    let request = server.request(0).await;
    assert_eq!((request.method.as_str(), &request.body[..]), ("POST", &b"content"[..]));
    assert_eq!(request.field("x-a"), Some("1"), "{request:?}");
    sandbar(["fetch", &url, "-X", "DELETE"]).await.output();
    assert_eq!(server.request(1).await.method, "DELETE");
}

/// Catches a head that is written without being asked for, or loses repeated fields.
#[tokio::test(flavor = "multi_thread")]
async fn include_writes_status_and_fields_first() {
    let server = server().await;
    let run = sandbar(["fetch", &server.url("/missing"), "-i"]).await;
    assert!(run.output().starts_with("HTTP 404 Not Found\n"), "{run:?}");
    assert!(run.stdout.ends_with("content-length: 2\n\nno"), "{run:?}");
}

/// Catches a status that decides without being asked, and one that does not where it should.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_status_exits_with_0_and_with_fail_with_4() {
    let server = server().await;
    assert_eq!(sandbar(["fetch", &server.url("/missing")]).await.output(), "no");
    let run = sandbar(["fetch", &server.url("/missing"), "--fail"]).await;
    run.assert_failed(4, &["404"]);
}

/// Catches a redirect that leaves the origin, and `--no-redirects` that follows one.
#[tokio::test(flavor = "multi_thread")]
async fn redirects_stay_within_the_origin() {
    let other = FaultServer::start(|_| Script::respond(Response::new(200))).await;
    let elsewhere = other.url("/");
    let server = FaultServer::start(move |request| {
        Script::respond(match request.target.as_str() {
            "/there" => Response::new(200).body("there"),
            "/out" => Response::redirect(302, &elsewhere),
            _ => Response::redirect(302, "/there"),
        })
    })
    .await;
    assert_eq!(sandbar(["fetch", &server.url("/")]).await.output(), "there");
    let run = sandbar(["fetch", &server.url("/"), "--no-redirects", "-i"]).await;
    assert!(run.output().starts_with("HTTP 302 Found\n"), "{run:?}");
    sandbar(["fetch", &server.url("/out")]).await.assert_failed(6, &["denied by policy"]);
    assert_eq!(other.connections(), 0);
}

/// Catches deadlines that are read and not kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_exits_with_5() {
    for option in ["--timeout", "--idle-timeout"] {
        let server = FaultServer::start(|_| Script::new().hang()).await;
        let run = sandbar(["fetch", &server.url("/"), option, "1s"]).await;
        run.assert_failed(5, &["hint: give it longer", option]);
        server.closed_early(0).await;
    }
}
