//! No particular client: every field of step 3 in a segment of its own, including lengths of zero; the BitTorrent handshake
//! after step 4.

use tokio_mse::{Mode, Policy};

use super::ours::accept_and_talk;
use super::peer::{PLAINTEXT, RC4, Stream, key, shared, step_4_after_pad};
use super::segments::Far;

async fn initiate(mut far: Far, provide: u32) -> Option<()> {
    far.send(key(200));
    let mut shared = shared(&far.take(96).await?);
    let (req1, masked_skey) = (shared.req1().to_vec(), shared.masked_skey());
    let (vc, provide) = (shared.a.apply(&[0; 8]), shared.a.apply(&provide.to_be_bytes()));
    let (no_pad_c, no_ia) = (shared.a.apply(&[0; 2]), shared.a.apply(&[0; 2]));
    for segment in [req1, masked_skey, vc, provide, no_pad_c, no_ia] {
        far.send(segment);
        tokio::task::yield_now().await;
    }
    let select = step_4_after_pad(&mut far, &mut shared, 512).await?;
    Stream::initiator(far, shared, select)
        .talk_with_late_handshake()
        .await
}

#[tokio::test]
async fn fields_of_no_length_in_segments_of_their_own_are_not_waited_for_twice() {
    let policy = Policy::default();
    accept_and_talk(policy.clone(), Mode::Rc4, |far| initiate(far, RC4 | PLAINTEXT)).await;
    accept_and_talk(policy.clone(), Mode::HeaderOnly, |far| initiate(far, PLAINTEXT)).await;
}
