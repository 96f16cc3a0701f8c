using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Queues;
using Nvmepf.Hal.Mmio;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands;

/// <content>
/// What is asked of the memory while a command is worked on, so that it is there for the next one: the beginning of the next read's blocks,
/// where they lie in memory. The processor brings what follows by itself, once it sees the first lines used.
/// </content>
public sealed unsafe partial class CommandEngine
{
    private const int NamespaceIdentifierShift = 32; // of an entry's first eight bytes
    private const int StartingLbaWord = 5; // of eight bytes each
    private const ulong AskedBytes = 512;
    private const ulong LineBytes = 64;

    /// <summary>
    /// Only a hint: the entry is still the host's and may change, so that nothing is decided by it, and addresses stay inside the media.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AskForNextMedia(SubmissionQueue queue)
    {
        ulong* words = queue.PeekNext();
        if (!Sse.IsSupported || words == null || queue.Identifier == 0)
        {
            return;
        }

        ulong first = Mmio.Read64(words);
        int index = (byte)first == (byte)NvmOpcode.Read ? Controller.Namespaces.IndexOf((uint)(first >> NamespaceIdentifierShift)) : -1;
        if (index >= 0)
        {
            NvmeNamespace target = Controller.Namespaces[index];
            byte* media = target.Backend.Memory;
            ulong offset = Mmio.Read64(words + StartingLbaWord) << target.BlockShift;
            if (media != null && offset < target.Backend.SizeBytes && target.Backend.SizeBytes - offset >= AskedBytes)
            {
                for (ulong line = 0; line < AskedBytes; line += LineBytes)
                {
                    Sse.Prefetch0(media + offset + line);
                }
            }
        }
    }
}
