//! Things that one moves around in with the arrow keys, and whether one of them has the keyboard.

use egui::{EventFilter, Id, Key, Modifiers, Response, Ui};

/// Where the keyboard was the last time that one of these things had it.
fn memory() -> Id {
    Id::unique("steered")
}

/// Whether a thing that takes arrow keys for itself has the keyboard.
pub fn steering(ui: &Ui) -> bool {
    let steered: Option<Id> = ui.data(|data| data.get_temp(memory()));
    steered.is_some() && steered == ui.memory(egui::Memory::focused)
}

/// To be told of what has the keyboard, in each frame: arrows and Escape are no longer a way to
/// leave it.
pub(super) fn hold(ui: &Ui, response: &Response) {
    let filter = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        escape: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    ui.data_mut(|data| data.insert_temp(memory(), response.id));
    if response.gained_focus() {
        ui.ctx().request_repaint();
    }
}

/// Takes this key out of the input, if it was pressed.
pub(super) fn took(ui: &Ui, key: Key) -> bool {
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, key))
}

/// Whether the number of calls to take the keyboard is another than in the frame before. What was
/// not there then was not called.
pub fn called(ui: &Ui, id: Id, calls: u64) -> bool {
    let id = id.with("calls");
    let known: Option<u64> = ui.data(|data| data.get_temp(id));
    ui.data_mut(|data| data.insert_temp(id, calls));
    known.is_some_and(|known| known != calls)
}
