//! OpenSSL, if this machine has it: looked for when the program runs, so that nothing has to be installed to build it.

use std::ffi::{c_int, c_uchar, c_void};
use std::ptr;

use libloading::{Library, Symbol};

pub struct OpenSsl(Library);

type SetKey = unsafe extern "C" fn(*mut c_void, c_int, *const c_uchar);
type Apply = unsafe extern "C" fn(*mut c_void, usize, *const c_uchar, *mut c_uchar);
type FromBytes = unsafe extern "C" fn(*const c_uchar, c_int, *mut c_void) -> *mut c_void;
type ToBytes = unsafe extern "C" fn(*const c_void, *mut c_uchar, c_int) -> c_int;
type New = unsafe extern "C" fn() -> *mut c_void;
type Set = unsafe extern "C" fn(*mut c_void, *const c_void, *mut c_void) -> c_int;
type ModExp = unsafe extern "C" fn(
    *mut c_void,
    *const c_void,
    *const c_void,
    *const c_void,
    *mut c_void,
    *mut c_void,
) -> c_int;

impl OpenSsl {
    pub fn find() -> Option<Self> {
        let names = ["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.3.dylib"];
        // SAFETY: the library's initialisation asks nothing of its caller.
        names
            .iter()
            .find_map(|name| unsafe { Library::new(*name) }.ok())
            .map(Self)
    }

    /// # Safety
    /// `T` has to be the type of the function.
    unsafe fn function<T>(&self, name: &str) -> Symbol<'_, T> {
        // SAFETY: as the caller promised.
        unsafe { self.0.get(name.as_bytes()) }.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn rc4(&self, key: &[u8; 20]) -> Rc4<'_> {
        let mut state = Box::new([0u32; 512]);
        // SAFETY: the types are those of its headers; the state is larger than an RC4_KEY of 258 words.
        let apply = unsafe {
            self.function::<SetKey>("RC4_set_key")(state.as_mut_ptr().cast(), 20, key.as_ptr());
            self.function("RC4")
        };
        Rc4 { state, apply }
    }

    pub fn power(&self, base: &[u8; 96], exponent: &[u8; 20], modulus: &[u8; 96]) -> Power<'_> {
        // SAFETY: the types are those of its headers; every slice is as long as said, and a null pointer asks for a new
        // number.
        unsafe {
            let from_bytes = self.function::<FromBytes>("BN_bin2bn");
            let number = |bytes: &[u8]| from_bytes(bytes.as_ptr(), bytes.len() as c_int, ptr::null_mut());
            let modulus = number(modulus);
            let context = self.function::<New>("BN_CTX_new")();
            let mont = self.function::<New>("BN_MONT_CTX_new")();
            assert_eq!(self.function::<Set>("BN_MONT_CTX_set")(mont, modulus, context), 1);
            Power {
                base: number(base),
                exponent: number(exponent),
                modulus,
                result: self.function::<New>("BN_new")(),
                context,
                mont,
                mod_exp: self.function("BN_mod_exp_mont_consttime"),
                to_bytes: self.function("BN_bn2binpad"),
            }
        }
    }
}

pub struct Rc4<'a> {
    state: Box<[u32; 512]>,
    apply: Symbol<'a, Apply>,
}

impl Rc4<'_> {
    pub fn apply(&mut self, data: &mut [u8]) {
        // SAFETY: an initialised state; input and output may be the same.
        unsafe {
            (self.apply)(
                self.state.as_mut_ptr().cast(),
                data.len(),
                data.as_ptr(),
                data.as_mut_ptr(),
            );
        }
    }
}

/// `base^exponent mod modulus` in constant time. What it holds lives as long as the program.
pub struct Power<'a> {
    base: *mut c_void,
    exponent: *mut c_void,
    modulus: *mut c_void,
    result: *mut c_void,
    context: *mut c_void,
    mont: *mut c_void,
    mod_exp: Symbol<'a, ModExp>,
    to_bytes: Symbol<'a, ToBytes>,
}

impl Power<'_> {
    pub fn compute(&self) -> [u8; 96] {
        let mut bytes = [0; 96];
        // SAFETY: every pointer comes from the library and was never freed; the buffer is as long as said.
        unsafe {
            let done = (self.mod_exp)(
                self.result,
                self.base,
                self.exponent,
                self.modulus,
                self.context,
                self.mont,
            );
            assert_eq!(done, 1);
            assert_eq!((self.to_bytes)(self.result, bytes.as_mut_ptr(), 96), 96);
        }
        bytes
    }
}
