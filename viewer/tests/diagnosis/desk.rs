//! Whoever sits before the viewer: looks, and does something four times at most.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use taskscope_tests::sources::Place;
use taskscope_tests::wait::until;
use taskscope_viewer::app::{App, Opening};

use crate::printer::print;

/// From launch to the answer.
const MOST_ACTIONS: usize = 4;

/// The viewer, just launched, and what was done with it so far.
pub(crate) struct Desk {
    viewer: Harness<'static, App>,
    actions: Vec<String>,
    most_actions: usize,
}

impl Desk {
    /// `taskscope view ADDRESS`.
    pub(crate) fn launch(address: &str) -> Self {
        Self::launch_on(&[address])
    }

    /// `taskscope view ADDRESS ADDRESS…`.
    pub(crate) fn launch_on(addresses: &[&str]) -> Self {
        let builder = Harness::builder().with_size([1440.0, 900.0]);
        let targets = addresses.iter().map(|address| (*address).to_owned()).collect();
        let viewer = builder
            .build_eframe(|cc| App::start(cc, Opening { targets, ..Opening::default() }).unwrap());
        Self { viewer, actions: Vec::new(), most_actions: MOST_ACTIONS }
    }

    /// `taskscope`, for somebody who wants to see everything and has no mouse.
    pub(crate) fn launch_alone() -> Self {
        Self { most_actions: usize::MAX, ..Self::launch_on(&[]) }
    }

    /// Presses a key while others are held.
    pub(crate) fn press_with(&mut self, held: Modifiers, key: Key) {
        self.viewer.key_press_modifiers(held, key);
        self.acted(format!("press {held:?} {key:?}"));
    }

    /// Types into the field that has the keyboard.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.viewer.event(egui::Event::Text(text.into()));
        self.acted(format!("type {text}"));
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, key: Key) {
        self.viewer.key_press(key);
        self.acted(format!("press {key:?}"));
    }

    /// Clicks on the row of the table that has all of these in its sentence.
    pub(crate) fn click_row(&mut self, parts: &[&str]) {
        self.sees_one_with("a row", |text| lines(text, is_row), parts);
        let root = self.viewer.root();
        let rows = root.query_all_by_role(Role::Row);
        let says_all = |label: String| parts.iter().all(|part| label.contains(part));
        let fits = |row: &Node<'_>| row.accesskit_node().label().is_some_and(says_all);
        let mut rows = rows.filter(fits);
        rows.next().unwrap().click();
        drop(rows);
        self.acted(format!("click the row with {parts:?}"));
    }

    fn acted(&mut self, action: String) {
        self.actions.push(action);
        assert!(self.actions.len() <= self.most_actions, "too many actions: {:?}", self.actions);
        self.text();
    }

    pub(crate) fn text(&mut self) -> String {
        // What is new shows in the second frame at the latest.
        self.viewer.step();
        self.viewer.step();
        print(&self.viewer.root())
    }

    /// Waits until the chosen row says all of these.
    pub(crate) fn sees_row(&mut self, parts: &[&str]) {
        let chosen = |text: &str| lines(text, |line| is_row(line) && is_chosen(line));
        self.sees_one_with("the chosen row", chosen, parts);
    }

    /// Waits until one of the lines on top, what is wrong in words, says all of these.
    pub(crate) fn sees_finding(&mut self, parts: &[&str]) {
        let is_finding = |line: &str| {
            ["proven ", "suspect ", "slow "]
                .iter()
                .any(|class| line.starts_with(&format!("Button \"{class}")))
        };
        self.sees_one_with("a finding", |text| lines(text, is_finding), parts);
    }

    /// Waits until one line of the screen says all of these.
    pub(crate) fn sees_line(&mut self, parts: &[&str]) {
        self.sees_one_with("a line", |text| lines(text, |_| true), parts);
    }

    /// Waits until one line of the screen says all of these and a share of so many percent at least.
    pub(crate) fn sees_share(&mut self, parts: &[&str], percent: f64) {
        let is_enough = |line: &str| {
            let (before, _) = line.split_once(" % of ")?;
            let share: f64 = before.rsplit(' ').next()?.parse().ok()?;
            Some(share >= percent)
        };
        let find = |text: &str| lines(text, |line| is_enough(line) == Some(true));
        self.sees_one_with("a share", find, parts);
    }

    fn sees_one_with(&mut self, what: &str, find: impl Fn(&str) -> Vec<String>, parts: &[&str]) {
        until(&format!("{what} with {parts:?} after {:?}", self.actions), || {
            let text = self.text();
            let found = find(&text);
            let says_all = |one: &&String| parts.iter().all(|part| one.contains(part));
            match found.iter().find(says_all) {
                Some(_) => Ok(()),
                None => Err(format!("{found:#?} in\n{text}")),
            }
        });
    }
}

fn lines(text: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| fits(line));
    lines.map(str::to_owned).collect()
}

fn is_row(line: &str) -> bool {
    line.starts_with("Row ")
}

fn is_chosen(line: &str) -> bool {
    line.ends_with(" selected") || line.ends_with(" True")
}

/// A place as the viewer writes it in a table, without the folders that all have in common.
pub(crate) fn short(place: &Place) -> String {
    let file = place.file.rsplit('/').next().unwrap_or_default();
    format!("{file}:{}", place.line)
}
