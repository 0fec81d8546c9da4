//! The window: what it shows, how it is driven, how it looks, and what it is connected to.

#[cfg(test)]
mod agent;
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod awaits;
#[cfg(test)]
mod console;
#[cfg(test)]
mod console_service;
#[cfg(test)]
mod copy;
#[cfg(test)]
mod heap;
#[cfg(test)]
mod judged;
#[cfg(test)]
mod keyboard;
#[cfg(test)]
mod nest;
#[cfg(test)]
mod net;
#[cfg(test)]
mod pixels;
#[cfg(test)]
mod printer;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod sample_heap;
#[cfg(test)]
mod sample_later;
#[cfg(test)]
mod screens;
#[cfg(test)]
mod services;
#[cfg(test)]
mod services_net;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod task;
mod time;
mod waits;
