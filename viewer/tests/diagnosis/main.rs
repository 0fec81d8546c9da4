//! From launch to the answer in at most four actions: for every example, and for the demo's service.
//!
//! Each test starts the real service and the real viewer on it, with threads, connection and all. Then it does what
//! somebody would do who was called in the night, and reads the answer as a screen reader does:
//! which line, what is waited for, who is to blame. An action is a press of a key or a click; that
//! the address stands on the command line is none. Lines are found by the remarks beside them, so
//! that nothing here knows a number.
#![cfg(unix)]

#[cfg(test)]
mod desk;
#[cfg(test)]
mod incident;
#[cfg(test)]
#[path = "../window/printer.rs"]
mod printer;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod walk;
