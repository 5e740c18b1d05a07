//! `sandbar login` and what goes with it, at an authorization server that follows a script.

use crate::support::authorization_server::{AuthorizationServer, Browser};
use crate::support::binary::{Run, command, ended};
use crate::support::patience::wait_for;
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

/// A run with a store of its own.
async fn sandbar(store: &Path, arguments: &[&str]) -> Run {
    ended(command(arguments).env("SANDBAR_AUTH_DIR", store).spawn().unwrap()).await
}

/// Signs in: a browser elsewhere goes to each page that is printed, and comes back as `browser` does.
async fn sign_in(store: &Path, url: &str, options: &[&str], browser: Browser) -> Run {
    let arguments = [&["login", url, "--no-browser"], options].concat();
    let mut child =
        command(arguments).env("SANDBAR_AUTH_DIR", store).stdin(Stdio::piped()).spawn().unwrap();
    // Open to the end: that of the input is no answer.
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    while let Some(line) = wait_for("the next line", lines.next_line()).await.unwrap() {
        if line.starts_with("http") {
            let pasted = browser.go(&line).await;
            // A process that has all it wants reads no more.
            let _ = stdin.write_all(pasted.as_bytes()).await;
        }
        said = said + &line + "\n";
    }
    Run { stderr: said, ..ended(child).await }
}

fn files(store: &Path) -> Vec<std::path::PathBuf> {
    let entries =
        std::fs::read_dir(store).map(|entries| entries.map(|entry| entry.unwrap().path()));
    entries.map(Iterator::collect).unwrap_or_default()
}

/// Catches a sign-in that is not kept, that a command does not use, or that leaves the user without
/// the next step.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_made_once_and_used_by_every_command() {
    let (server, store) = (AuthorizationServer::start().await, TempDir::new().unwrap());
    let url = server.mcp_url();
    let refused = sandbar(store.path(), &["tools", &url]).await;
    refused.assert_failed(4, &["401", "sandbar login URL"]);
    let signed_in = sign_in(store.path(), &url, &[], Browser::ComesBack).await;
    assert!(signed_in.output().contains(&format!("signed in to {url}")), "{signed_in:?}");
    for _ in 0..2 {
        assert!(sandbar(store.path(), &["tools", &url]).await.output().contains("guarded"));
    }
    let status = sandbar(store.path(), &["auth", "status", "--json"]).await.json();
    assert_eq!(status["signIns"][0]["server"], url);
    assert_eq!(status["signIns"][0]["issuer"], server.issuer());
    assert_eq!(status["signIns"][0]["signedIn"], true);
    sandbar(store.path(), &["auth", "token", &url]).await.assert_failed(2, &["--reveal"]);
    assert!(sandbar(store.path(), &["logout", &url]).await.output().contains(&url));
    sandbar(store.path(), &["tools", &url]).await.assert_failed(4, &["401"]);
    sandbar(store.path(), &["logout", &url]).await.assert_failed(2, &["no sign-in"]);
}

/// Catches a sign-in over ssh that only the browser of this machine can finish, and one that takes
/// whatever is pasted.
#[tokio::test(flavor = "multi_thread")]
async fn the_url_that_the_browser_ends_at_can_be_pasted() {
    let (server, store) = (AuthorizationServer::start().await, TempDir::new().unwrap());
    let signed_in = sign_in(store.path(), &server.mcp_url(), &[], Browser::Pastes).await;
    assert!(signed_in.output().contains("signed in"), "{signed_in:?}");
    assert!(signed_in.stderr.contains("That is not the URL"), "{signed_in:?}");
}

/// Catches files that others can read, secrets in what is printed, and a token that another command
/// shows.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_the_users_alone_and_nowhere_else() {
    use std::os::unix::fs::PermissionsExt as _;
    let (server, store) = (AuthorizationServer::start().await, TempDir::new().unwrap());
    let (url, directory) = (server.mcp_url(), store.path().join("auth"));
    let mut shown = sign_in(&directory, &url, &[], Browser::ComesBack).await;
    assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    let kept = files(&directory);
    assert_eq!(
        kept.iter().filter(|path| path.extension().is_some_and(|it| it == "json")).count(),
        1
    );
    for path in &kept {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
    }
    let traced = command(["tools", &url, "--verbose"])
        .env("SANDBAR_AUTH_DIR", &directory)
        .env("RUST_LOG", "trace")
        .spawn()
        .unwrap();
    let status = sandbar(&directory, &["auth", "status"]).await;
    for run in [ended(traced).await, status] {
        assert_eq!(run.code, Some(0), "{run:?}");
        shown.stdout += &run.stdout;
        shown.stderr += &run.stderr;
    }
    for secret in server.secrets() {
        assert!(!shown.stdout.contains(&secret) && !shown.stderr.contains(&secret), "{secret}");
    }
}

/// Catches a rotated refresh token that several processes use: one gets new tokens, and the others lose
/// the sign-in.
#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_renew_a_token_once() {
    let (server, store) = (AuthorizationServer::start().await, TempDir::new().unwrap());
    let url = server.mcp_url();
    // Ends at once: whoever comes next renews it.
    server.lifetime(0);
    sign_in(store.path(), &url, &[], Browser::ComesBack).await.output();
    server.lifetime(3600);
    let arguments = ["tools", &url];
    let runs = (0..8).map(|_| sandbar(store.path(), &arguments));
    for run in futures::future::join_all(runs).await {
        assert!(run.output().contains("guarded"), "{run:?}");
    }
    assert_eq!(server.renewed(), 1);
    // The last token is still good, and so is the one that was kept.
    server.revoke_access();
    assert!(sandbar(store.path(), &arguments).await.output().contains("guarded"));
    assert_eq!(server.renewed(), 2);
}

/// Catches a token that never lasts as long as the time ahead of its end, and is renewed with each
/// request.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_minute_is_used_before_it_is_renewed() {
    let (server, store) = (AuthorizationServer::start().await, TempDir::new().unwrap());
    let url = server.mcp_url();
    server.lifetime(60);
    sign_in(store.path(), &url, &[], Browser::ComesBack).await.output();
    assert!(sandbar(store.path(), &["tools", &url]).await.output().contains("guarded"));
    assert_eq!(server.renewed(), 0);
}

/// Catches a sign-in that is thrown away because the authorization server is not there, and one that is
/// kept though it has ended.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_word_of_the_authorization_server_ends_a_sign_in() {
    let (server, store) = (AuthorizationServer::start().await, TempDir::new().unwrap());
    let url = server.mcp_url();
    sign_in(store.path(), &url, &[], Browser::ComesBack).await.output();
    server.revoke_access();
    server.fail_tokens(503);
    sandbar(store.path(), &["tools", &url]).await.assert_failed(4, &["401"]);
    server.fail_tokens(0);
    assert!(sandbar(store.path(), &["tools", &url]).await.output().contains("guarded"));
    server.revoke_access();
    server.revoke_refresh();
    sandbar(store.path(), &["tools", &url]).await.assert_failed(4, &["401"]);
    let status = sandbar(store.path(), &["auth", "status", "--json"]).await.json();
    assert_eq!(status["signIns"][0]["signedIn"], false);
}

/// Catches a client that registers anew with each sign-in, and one that cannot when it was forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_used_again_until_it_is_gone() {
    let (server, store) = (AuthorizationServer::start().await, TempDir::new().unwrap());
    let url = server.mcp_url();
    for _ in 0..2 {
        sign_in(store.path(), &url, &[], Browser::ComesBack).await.output();
    }
    assert_eq!(server.registered(), 1);
    server.forget_clients();
    // The browser goes twice: with the client that is gone, and with a new one.
    let run = sign_in(store.path(), &url, &[], Browser::ComesBack).await;
    assert_eq!(run.stderr.matches("Sign in at").count(), 2, "{run:?}");
    run.output();
    assert_eq!(server.registered(), 2);
}

/// Catches a code that is redeemed though another server sent it, and a port that is taken and not said
/// to be.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_of_another_issuer_redeems_nothing() {
    let (server, store) = (AuthorizationServer::start().await, TempDir::new().unwrap());
    let url = server.mcp_url();
    server.name_itself("https://evil.example");
    let run = sign_in(store.path(), &url, &[], Browser::ComesBack).await;
    run.assert_failed(4, &["https://evil.example"]);
    assert_eq!(server.redeemed(), 0);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = sign_in(store.path(), &url, &["--callback-port", &port], Browser::ComesBack).await;
    run.assert_failed(8, &["--callback-port"]);
}

/// Catches a server that writes on the terminal, or the command that is to be typed next, by what it
/// says of who one signs in at (CVE-2025-6514 is of that kind).
#[tokio::test(flavor = "multi_thread")]
async fn whoever_one_is_to_sign_in_at_writes_nothing_on_the_terminal() {
    let (server, store) = (AuthorizationServer::start().await, TempDir::new().unwrap());
    let url = server.mcp_url();
    for (issuer, exit, told) in [
        ("https://login.example/\u{1b}]0;x\u{7}\u{1b}[2J", 4, "characters that no URL has"),
        ("https://login.example/\n; touch /tmp/x", 4, "characters that no URL has"),
        ("https://login.example/\u{202e}x", 4, "characters that no URL has"),
        ("https://login.example/$(id)", 6, "say so with --issuer https://login.example\n"),
    ] {
        server.leave_to(issuer);
        let run = sign_in(store.path(), &url, &[], Browser::ComesBack).await;
        run.assert_failed(exit, &[told]);
        let is_written = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
        assert!(run.stderr.chars().all(is_written), "{run:?}");
        assert!(!run.stderr.lines().any(|line| line.starts_with("; touch")), "{run:?}");
    }
}

/// Catches a token that follows a redirect to another origin, or to another path than its resource.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_goes_to_its_resource_alone() {
    let (server, store) = (AuthorizationServer::start().await, TempDir::new().unwrap());
    let url = server.mcp_url();
    sign_in(store.path(), &url, &[], Browser::ComesBack).await.output();
    server.redirect_mcp("/elsewhere");
    let run = sandbar(store.path(), &["tools", &url]).await;
    assert_ne!(run.code, Some(0));
    assert!(server.authorized_elsewhere().is_empty(), "{:?}", server.authorized_elsewhere());
}
