//! Real processes, the real agent in them, the real program and the real window on them.
#![cfg(unix)]

#[cfg(test)]
#[path = "../window/agent.rs"]
mod agent;
#[cfg(test)]
mod app;
#[cfg(test)]
mod desktop;
#[cfg(test)]
mod hundred_thousand;
#[cfg(test)]
#[path = "../window/printer.rs"]
mod printer;
#[cfg(test)]
mod real_service;
#[cfg(test)]
mod real_window;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod report;
#[cfg(test)]
#[expect(dead_code, reason = "the window's own tests need more of it")]
#[path = "../window/sample.rs"]
mod sample;
#[cfg(test)]
mod service;
#[cfg(test)]
mod watch;
