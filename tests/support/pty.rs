//! A terminal, with a person at the other end of it.

use super::patience::wait_for;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::process::Stdio;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

/// The end of a pseudoterminal at which the person sits.
pub(crate) struct Pty {
    person: File,
    /// The end that is the terminal of a process, until one has it.
    terminal: Option<OwnedFd>,
    shown: mpsc::UnboundedReceiver<Vec<u8>>,
    unread: String,
}

impl Pty {
    /// Opens a terminal of 24 lines of 80 characters.
    pub(crate) fn open() -> Self {
        let (mut person, mut terminal) = (-1, -1);
        let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the pointers are to variables that live until the call returns; no name is asked
        // for, and the settings are the default.
        let outcome = unsafe {
            libc::openpty(
                &raw mut person,
                &raw mut terminal,
                std::ptr::null_mut(),
                std::ptr::null(),
                &raw const size,
            )
        };
        assert_eq!(outcome, 0, "no pseudoterminal: {}", std::io::Error::last_os_error());
        // SAFETY: both have just been opened, and belong to nobody else.
        let (person, terminal) =
            unsafe { (File::from_raw_fd(person), OwnedFd::from_raw_fd(terminal)) };
        let (sender, shown) = mpsc::unbounded_channel();
        let mut reader = person.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // It ends with an error when the process has closed its end.
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { person, terminal: Some(terminal), shown, unread: String::new() }
    }

    /// Starts a process with standard input and standard error on the terminal.
    pub(crate) fn spawn(&mut self, mut command: Command) -> Child {
        let terminal = self.terminal.take().expect("a terminal is for one process");
        let copy = terminal.try_clone().unwrap();
        command.stdin(Stdio::from(copy)).stderr(Stdio::from(terminal)).spawn().unwrap()
    }

    /// Waits until this is shown, and takes everything up to it as read.
    pub(crate) async fn expect(&mut self, text: &str) {
        wait_for(&format!("{text:?} on the terminal"), async {
            loop {
                if let Some(at) = self.unread.find(text) {
                    self.unread.drain(..at + text.len());
                    return;
                }
                let more = self.shown.recv().await;
                let more = more.unwrap_or_else(|| panic!("{text:?} is not in {:?}", self.unread));
                self.unread.push_str(&String::from_utf8_lossy(&more));
            }
        })
        .await;
    }

    /// Types a line.
    pub(crate) async fn say(&mut self, line: &str) {
        let mut person = self.person.try_clone().unwrap();
        let line = format!("{line}\n");
        tokio::task::spawn_blocking(move || person.write_all(line.as_bytes()))
            .await
            .unwrap()
            .unwrap();
    }
}
