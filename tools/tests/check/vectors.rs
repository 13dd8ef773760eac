//! The files of known answers.
