//! What was negotiated, in words.

use tokio_mse::Negotiated;

/// `plaintext` (no MSE), `header-only` or `rc4`; with a note if it took a redial.
pub(crate) fn mode(negotiated: &Negotiated) -> String {
    let redialled = if negotiated.attempts() > 1 {
        " (redialled)"
    } else {
        ""
    };
    format!("{}{redialled}", negotiated.mode())
}
