// SPDX-License-Identifier: Apache-2.0

/// The classes of scalars that the reference library's parts speak of.
extension Unicode.Scalar {
  /// General category N: what that library calls numeric.
  var isNumber: Bool {
    switch properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: true
    default: false
    }
  }

  /// General category P.
  var isPunctuation: Bool {
    switch properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }

  /// Printable ASCII that is neither letter nor digit nor space.
  var isASCIIPunctuation: Bool {
    switch value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }

  /// General category M.
  var isMark: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }

  /// General category C without unassigned scalars, which the reference library keeps.
  var isOther: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse: true
    default: false
    }
  }

  /// `\w` of UTS #18, annex C.
  var isWordCharacter: Bool {
    if properties.isAlphabetic || properties.isJoinControl || isMark { return true }
    let category = properties.generalCategory
    return category == .decimalNumber || category == .connectorPunctuation
  }
}
