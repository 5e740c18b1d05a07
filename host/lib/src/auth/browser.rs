//! Opening a page in the user's browser.

use std::ffi::OsString;
use std::io;
use std::process::Stdio;
use tokio::process::Command;

/// Has the browser of the user open a URL: the program that `BROWSER` names, or that of the system.
///
/// The URL is an argument of that program, and never a part of a command line.
///
/// # Errors
///
/// When there is no such program, it cannot be started, or fails; [`io::ErrorKind::InvalidInput`] for
/// what is no `http` or `https` URL.
pub async fn open_in_browser(url: &str) -> io::Result<()> {
    let is_url = url.starts_with("https://") || url.starts_with("http://");
    if !is_url || url.chars().any(|char| char.is_control() || char == ' ') {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no URL to open"));
    }
    let named = std::env::var_os("BROWSER").filter(|name| !name.is_empty());
    let mut command = command(named);
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().await?;
    match status.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("the browser ended with {status}"))),
    }
}

fn command(named: Option<OsString>) -> Command {
    if let Some(program) = named {
        return Command::new(program);
    }
    if cfg!(target_os = "macos") {
        return Command::new("open");
    }
    if cfg!(windows) {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        return command;
    }
    Command::new("xdg-open")
}
