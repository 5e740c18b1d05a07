//! What the agent reads.

use futures::lock::Mutex;
use wit_bindgen::StreamWriter;

/// Writes whole lines, one after another. Whoever has one waits until it has been taken: a reader that
/// is slow holds up the streams that it is told of, and nothing piles up.
pub(crate) struct Speaker(Mutex<Option<StreamWriter<u8>>>);

impl Speaker {
    pub(crate) fn new(writer: StreamWriter<u8>) -> Self {
        Self(Mutex::new(Some(writer)))
    }

    /// Writes a line; into nothing once nobody reads.
    pub(crate) async fn say(&self, line: String) {
        let mut line = line.into_bytes();
        line.push(b'\n');
        let mut writer = self.0.lock().await;
        let Some(stream) = writer.as_mut() else { return };
        if !stream.write_all(line).await.is_empty() {
            *writer = None;
        }
    }

    /// Says nothing more.
    pub(crate) async fn fall_silent(&self) {
        self.0.lock().await.take();
    }
}
