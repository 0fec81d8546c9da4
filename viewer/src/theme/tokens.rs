//! Colours by what they are for.

use egui::Color32;

/// One look.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names say what each colour is for")]
pub struct Palette {
    pub surface: Color32,
    pub raised: Color32,
    pub sunken: Color32,
    pub bar: Color32,
    pub stripe: Color32,
    pub button: Color32,
    pub hovered: Color32,
    pub selected: Color32,
    pub line: Color32,
    pub line_strong: Color32,
    pub text: Color32,
    pub text_strong: Color32,
    pub text_dim: Color32,
    pub text_faint: Color32,
    pub text_off: Color32,
    pub accent: Color32,
    pub accent_soft: Color32,
    pub good: Color32,
    pub good_soft: Color32,
    pub warm: Color32,
    pub warm_soft: Color32,
    pub hot: Color32,
    pub hot_soft: Color32,
    pub on_hot: Color32,
    pub share: Color32,
    pub trend: Color32,
    pub flame_own: Color32,
    pub flame_own_odd: Color32,
    pub flame_library: Color32,
    pub flame_point: Color32,
    pub flame_found: Color32,
    pub shadow: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    let [_, r, g, b] = hex.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

/// For dark rooms.
pub static DARK: Palette = Palette {
    surface: rgb(0x0015_181d),
    raised: rgb(0x001c_2027),
    sunken: rgb(0x000f_1115),
    bar: rgb(0x0010_1317),
    stripe: rgb(0x0018_1b21),
    button: rgb(0x0022_2730),
    hovered: rgb(0x0022_2832),
    selected: rgb(0x0022_3550),
    line: rgb(0x0026_2b34),
    line_strong: rgb(0x0037_3e4a),
    text: rgb(0x00c9_cfd9),
    text_strong: rgb(0x00f1_f4f8),
    text_dim: rgb(0x009c_a5b3),
    text_faint: rgb(0x007c_8696),
    text_off: rgb(0x0062_6b79),
    accent: rgb(0x006c_b0ff),
    accent_soft: rgb(0x001b_2c43),
    good: rgb(0x0056_c98f),
    good_soft: rgb(0x0015_2c23),
    warm: rgb(0x00f0_b54a),
    warm_soft: rgb(0x002b_2415),
    hot: rgb(0x00ff_7a62),
    hot_soft: rgb(0x003a_1d1a),
    on_hot: rgb(0x0024_0c08),
    share: rgb(0x0032_4d70),
    trend: rgb(0x006f_83a0),
    flame_own: rgb(0x0030_4c70),
    flame_own_odd: rgb(0x0038_5680),
    flame_library: rgb(0x0024_2a33),
    flame_point: rgb(0x0026_62a8),
    flame_found: rgb(0x0074_581c),
    shadow: Color32::from_black_alpha(140),
};

/// For bright rooms.
pub static LIGHT: Palette = Palette {
    surface: rgb(0x00ff_ffff),
    raised: rgb(0x00ff_ffff),
    sunken: rgb(0x00f3_f5f8),
    bar: rgb(0x00f3_f5f8),
    stripe: rgb(0x00fa_fbfc),
    button: rgb(0x00f0_f2f5),
    hovered: rgb(0x00ea_eef4),
    selected: rgb(0x00d9_e8fd),
    line: rgb(0x00e2_e6ec),
    line_strong: rgb(0x00c5_ccd6),
    text: rgb(0x002b_323c),
    text_strong: rgb(0x000e_1318),
    text_dim: rgb(0x0053_5d6b),
    text_faint: rgb(0x006b_7686),
    text_off: rgb(0x008b_95a3),
    accent: rgb(0x001a_63c9),
    accent_soft: rgb(0x00e6_f0fd),
    good: rgb(0x0016_7c4d),
    good_soft: rgb(0x00e2_f5eb),
    warm: rgb(0x0094_5f00),
    warm_soft: rgb(0x00fd_f4de),
    hot: rgb(0x00c2_3014),
    hot_soft: rgb(0x00fd_e8e3),
    on_hot: rgb(0x00ff_ffff),
    share: rgb(0x00bc_d5f5),
    trend: rgb(0x007c_8ea8),
    flame_own: rgb(0x00bf_d8f7),
    flame_own_odd: rgb(0x00af_cdf2),
    flame_library: rgb(0x00ea_edf2),
    flame_point: rgb(0x0086_b6f0),
    flame_found: rgb(0x00fd_dc8a),
    shadow: Color32::from_black_alpha(40),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// As WCAG 2 has it: from 1 to 21.
    fn contrast(one: Color32, other: Color32) -> f32 {
        let luminance = |colour: Color32| {
            let [r, g, b, _] = egui::Rgba::from(colour).to_array();
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn what_is_written_can_be_read() {
        for palette in [&DARK, &LIGHT] {
            let grounds = [palette.surface, palette.bar, palette.raised, palette.sunken];
            let rows = [palette.selected, palette.warm_soft, palette.hot_soft];
            for ground in grounds.into_iter().chain(rows) {
                for text in [palette.text, palette.text_strong, palette.text_dim] {
                    assert!(contrast(text, ground) >= 4.5, "{text:?} on {ground:?}");
                }
                let faint = contrast(palette.text_faint, ground);
                assert!(faint >= 3.3, "{faint} on {ground:?}");
            }
            assert!(contrast(palette.text_faint, palette.surface) >= 4.5);
            for colour in [palette.accent, palette.good, palette.warm, palette.hot] {
                assert!(contrast(colour, palette.surface) >= 4.5, "{colour:?}");
            }
        }
    }
}
