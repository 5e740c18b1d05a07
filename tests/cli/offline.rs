//! What needs no server: help, components, the demo.

use crate::support::binary::sandbar;
use sandbar::components::ALL;

/// Catches help that does not say what scripts rely on.
#[tokio::test(flavor = "multi_thread")]
async fn help_lists_commands_exit_codes_and_the_environment() {
    let run = sandbar(["--help"]).await;
    let help = run.output();
    let clients = ["tools", "call", "resources", "read", "prompts", "prompt", "info", "fetch"];
    for command in clients.iter().chain(&["executor", "demo"]) {
        assert!(help.contains(&format!("\n  {command} ")), "no {command} in {help}");
    }
    let (_, codes) = help.split_once("Exit codes:").unwrap();
    for code in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "130"] {
        let listed = codes.lines().any(|line| line.trim_start().starts_with(&format!("{code}  ")));
        assert!(listed, "no {code} in {help}");
    }
    assert!(help.contains("SANDBAR_CACHE_DIR"), "{help}");
    let version = sandbar(["--version"]).await;
    assert_eq!(version.output(), concat!("sandbar ", env!("CARGO_PKG_VERSION"), "\n"));
}

/// Catches components that are not those of the library, and a file that is lost.
#[tokio::test(flavor = "multi_thread")]
async fn components_are_written_as_they_are_embedded() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new").display().to_string();
    let run = sandbar(["components", "--out", &out]).await;
    assert_eq!(run.output().lines().count(), ALL.len());
    for component in ALL {
        let path = format!("{out}/{}.wasm", component.name);
        assert!(run.stdout.contains(&path), "{run:?}");
        let written = std::fs::read(&path).unwrap();
        assert!(written.starts_with(b"\0asm"));
        assert!(written == component.bytes, "{} differs", component.name);
        let told = std::process::Command::new("sha256sum").arg(&path).output().unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        let digest = told.split(' ').next().unwrap();
        assert!(run.stdout.contains(&format!("sha256:{digest}")), "{digest}: {run:?}");
    }
    let taken = format!("{out}/{}.wasm", ALL[0].name);
    std::fs::write(&taken, "mine").unwrap();
    let run = sandbar(["components", "--out", &out]).await;
    run.assert_failed(2, &["holds something else", "--force"]);
    assert_eq!(std::fs::read(&taken).unwrap(), b"mine");
    let run = sandbar(["components", "--out", &out, "--force", "--json"]).await;
    assert_eq!(run.json().as_array().unwrap().len(), ALL.len());
}

/// Catches a folder that cannot be made and counts as wrong usage.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_exits_with_8() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let out = file.path().join("below").display().to_string();
    sandbar(["components", "--out", &out]).await.assert_failed(8, &["cannot write", &out]);
}

/// Catches a demo whose claims do not hold: it checks each of them.
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_exits_with_0() {
    let run = sandbar(["demo"]).await;
    assert!(run.output().contains("counted to"), "{run:?}");
}
