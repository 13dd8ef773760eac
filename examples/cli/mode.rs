//! What was negotiated, in words.

use tokio_mse::{CryptoMethod, Negotiated};

/// `plaintext` (no MSE), `header-only` or `rc4`; with a note if it took a redial.
pub(crate) fn mode(negotiated: &Negotiated) -> String {
    let mode = match negotiated.method() {
        None => "plaintext".to_owned(),
        Some(CryptoMethod::Plaintext) => "header-only".to_owned(),
        Some(method) => method.to_string(),
    };
    if negotiated.fell_back() {
        mode + " (redialled)"
    } else {
        mode
    }
}
