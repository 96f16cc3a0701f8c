using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>
/// Namespace Identification Descriptor list, CNS 03h (NVMe Base 2.1 section 5.1.13.2.3): NGUID and UUID where the namespace has them, and
/// its command set, which hosts that selected all command sets insist on.
/// </summary>
internal static unsafe class NamespaceDescriptorList
{
    private const int LongIdentifierBytes = 16;

    /// <summary>The row.</summary>
    public static IdentifyDescriptor Row { get; } = new()
    {
        Cns = Cns.NamespaceIdentificationDescriptorList,
        Name = "Namespace Identification Descriptor list",
        NamespaceRule = IdentifyNamespaceRule.Active,
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot)
    {
        if (slot.NamespaceIndex < 0)
        {
            return; // gone since it was checked
        }

        NvmeNamespace source = controller.Namespaces[slot.NamespaceIndex];
        Span<byte> rest = new(slot.Buffer, IdentifyData.SizeBytes);
        if (source.Nguid.AsSpan().ContainsAnyExcept((byte)0))
        {
            source.Nguid.AsSpan().CopyTo(Begin(ref rest, NamespaceIdentifierType.Nguid, LongIdentifierBytes));
        }

        if (source.Uuid != Guid.Empty)
        {
            Span<byte> uuid = Begin(ref rest, NamespaceIdentifierType.Uuid, LongIdentifierBytes);
            _ = source.Uuid.TryWriteBytes(uuid, bigEndian: true, out _);
        }

        Begin(ref rest, NamespaceIdentifierType.CommandSetIdentifier, 1)[0] = (byte)CommandSetIdentifier.Nvm;
    }

    /// <summary>Writes a descriptor's header and returns the place of its identifier.</summary>
    private static Span<byte> Begin(ref Span<byte> rest, NamespaceIdentifierType type, byte lengthBytes)
    {
        rest[0] = (byte)type;
        rest[1] = lengthBytes;
        Span<byte> identifier = rest.Slice(sizeof(NamespaceIdentificationDescriptorHeader), lengthBytes);
        rest = rest[(sizeof(NamespaceIdentificationDescriptorHeader) + lengthBytes)..];
        return identifier;
    }
}
