//! Both ends of a handshake without IO.

use std::hint::black_box;

use tokio_mse::handshake::{Initiator, Machine, Progress, Randomness, Responder};
use tokio_mse::{Policy, Skey};

pub fn both_ends(skey: &Skey, policy: &Policy) {
    let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
    let a = Initiator::new(skey.clone(), policy, "", Randomness::generate(), &mut to_b);
    let b = Responder::new(policy, Randomness::generate());
    let Ok(Progress::NeedInput(b)) = b.process(&std::mem::take(&mut to_b), &mut to_a) else {
        panic!("step 1")
    };
    let Ok(Progress::NeedInput(a)) = a.process(&std::mem::take(&mut to_a), &mut to_b) else {
        panic!("step 2")
    };
    let Ok(Progress::Done(request)) = b.process(&to_b, &mut to_a) else {
        panic!("step 3")
    };
    let Ok(Progress::Done(b)) = request.resolve(skey.clone(), "").process(&[], &mut to_a) else {
        panic!("step 3")
    };
    let Ok(Progress::Done(a)) = a.process(&to_a, &mut to_b) else {
        panic!("step 4")
    };
    black_box((a, b));
}
