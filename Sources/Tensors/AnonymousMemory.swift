// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation

/// What this process has allocated.
package enum AnonymousMemory {
  /// Bytes in memory now that belong to no file; 0 where the system does not tell.
  ///
  /// Mapped pages of files do not count: the system takes them back when it needs them.
  package static var current: Int {
    #if os(Linux)
      // In pages: the size, what of it is in memory, and what of that belongs to files.
      guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
        return 0
      }
      let counts = text.utf8.split(separator: UInt8(ascii: " ")).prefix(3).compactMap {
        Int(Substring($0))
      }
      return counts.count == 3 ? (counts[1] - counts[2]) * Int(getpagesize()) : 0
    #else
      var info = task_vm_info_data_t()
      var count = mach_msg_type_number_t(
        MemoryLayout<task_vm_info_data_t>.size / MemoryLayout<natural_t>.size)
      let result = withUnsafeMutablePointer(to: &info) { pointer in
        pointer.withMemoryRebound(to: integer_t.self, capacity: Int(count)) {
          task_info(mach_task_self_, task_flavor_t(TASK_VM_INFO), $0, &count)
        }
      }
      return result == KERN_SUCCESS ? Int(info.phys_footprint) : 0
    #endif
  }

  /// From now on large blocks go back to the system when they are freed, so that what is allocated is
  /// what is taken.
  package static func returnFreedBlocks() { halftone_return_freed_blocks() }
}
