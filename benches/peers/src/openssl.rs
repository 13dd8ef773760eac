//! What `openssl-sys` links and does not declare.

use std::ffi::{c_int, c_uchar, c_void};
use std::ptr;

// For the library that it links.
use openssl_sys as _;

unsafe extern "C" {
    fn RC4_set_key(key: *mut c_void, len: c_int, data: *const c_uchar);
    fn RC4(key: *mut c_void, len: usize, from: *const c_uchar, to: *mut c_uchar);
    fn BN_bin2bn(bytes: *const c_uchar, len: c_int, into: *mut c_void) -> *mut c_void;
    fn BN_bn2binpad(number: *const c_void, to: *mut c_uchar, len: c_int) -> c_int;
    fn BN_new() -> *mut c_void;
    fn BN_CTX_new() -> *mut c_void;
    fn BN_MONT_CTX_new() -> *mut c_void;
    fn BN_MONT_CTX_set(mont: *mut c_void, modulus: *const c_void, context: *mut c_void) -> c_int;
    fn BN_mod_exp_mont_consttime(
        result: *mut c_void,
        base: *const c_void,
        exponent: *const c_void,
        modulus: *const c_void,
        context: *mut c_void,
        mont: *mut c_void,
    ) -> c_int;
}

/// `RC4_KEY` has 258 words of 32 bits.
pub struct Rc4(Box<[u32; 512]>);

impl Rc4 {
    pub fn new(key: &[u8; 20]) -> Self {
        let mut state = Box::new([0u32; 512]);
        // SAFETY: the state is larger than an RC4_KEY, and the key is as long as said.
        unsafe { RC4_set_key(state.as_mut_ptr().cast(), 20, key.as_ptr()) };
        Self(state)
    }

    pub fn apply(&mut self, data: &mut [u8]) {
        // SAFETY: an initialised state; input and output may be the same.
        unsafe {
            RC4(
                self.0.as_mut_ptr().cast(),
                data.len(),
                data.as_ptr(),
                data.as_mut_ptr(),
            )
        }
    }
}

/// `base^exponent mod modulus` in constant time. What it holds lives as long as the program.
pub struct Power {
    exponent: *mut c_void,
    modulus: *mut c_void,
    result: *mut c_void,
    context: *mut c_void,
    mont: *mut c_void,
}

fn number(bytes: &[u8]) -> *mut c_void {
    // SAFETY: the bytes are as long as said; a null pointer asks for a new number.
    unsafe { BN_bin2bn(bytes.as_ptr(), bytes.len() as c_int, ptr::null_mut()) }
}

impl Power {
    pub fn new(exponent: &[u8; 20], modulus: &[u8; 96]) -> Self {
        let modulus = number(modulus);
        // SAFETY: constructors, and a setter that is given what they made.
        unsafe {
            let (context, mont) = (BN_CTX_new(), BN_MONT_CTX_new());
            assert_eq!(BN_MONT_CTX_set(mont, modulus, context), 1);
            Self {
                exponent: number(exponent),
                modulus,
                result: BN_new(),
                context,
                mont,
            }
        }
    }

    pub fn of(&self, base: &Base) -> [u8; 96] {
        let mut bytes = [0; 96];
        // SAFETY: every pointer comes from the library and was never freed; the buffer is as long as said.
        unsafe {
            let done = BN_mod_exp_mont_consttime(
                self.result,
                base.0,
                self.exponent,
                self.modulus,
                self.context,
                self.mont,
            );
            assert_eq!(done, 1);
            assert_eq!(BN_bn2binpad(self.result, bytes.as_mut_ptr(), 96), 96);
        }
        bytes
    }
}

pub struct Base(*mut c_void);

impl Base {
    pub fn new(bytes: &[u8]) -> Self {
        Self(number(bytes))
    }
}
