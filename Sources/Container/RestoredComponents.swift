// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// The components of a `.tone` file, restored from their frames when they are asked for.
///
/// Not for several threads at once, because of the buffers with which frames are restored.
struct RestoredComponents: ComponentStore {
  let file: ToneFile
  let coder: FrameCoder

  func elementType(of component: Int) -> ElementType { file.components[component].elementType }

  func elementCount(of component: Int) -> Int { file.components[component].elementCount }

  func codebookLength(of component: Int, isSingle: Bool) -> Int {
    file.components[component].codebookLength(isSingle: isSingle)
  }

  func withBytes<Result>(
    of component: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try file.withBytes(of: component, in: range, coder: coder, body)
  }

  func retainedBytes(of component: Int, in range: Range<Int>) throws -> RetainedBytes {
    try file.retainedBytes(of: component, in: range, coder: coder)
  }

  func refusal(_ item: String, _ problem: String) -> any Error {
    ContainerError.inconsistent(file: file.path, item: item, problem: problem)
  }
}

extension ToneFile {
  /// The file's components for one thread.
  func restoringComponents() -> RestoredComponents {
    RestoredComponents(file: self, coder: FrameCoder())
  }
}
