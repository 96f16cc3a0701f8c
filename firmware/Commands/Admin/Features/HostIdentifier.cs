using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// Host Identifier, 81h (NVMe Base 2.1 section 5.1.25.1.28): 8 bytes, or 16 with EXHID (CTRATT.HIDS). An identifier that was set with
/// 8 bytes reads with zeroes above where 16 are asked for, and one of 16 reads as its lower half where 8 are.
/// </summary>
internal static unsafe class HostIdentifier
{
    /// <summary>The row.</summary>
    public static FeatureDescriptor Row { get; } = new()
    {
        Id = FeatureId.HostIdentifier,
        Name = "Host Identifier",
        DataLengthBytes = &DataLengthBytes,
        Set = &Set,
        Get = &Get,
    };

    private static uint DataLengthBytes(uint dword11) => new HostIdentifierFeature(dword11).ExtendedHostIdentifier
        ? (uint)HostIdentifierFeature.ExtendedSizeBytes
        : HostIdentifierFeature.SizeBytes;

    private static CommandOutcome Set(NvmeController controller, ref CommandSlot slot)
    {
        ulong* words = (ulong*)slot.Buffer; // the engine's buffer holds DataLengthBytes
        ulong upper = slot.DataLengthBytes == HostIdentifierFeature.ExtendedSizeBytes ? words[1] : 0;
        controller.Features.Current.HostIdentifier = new UInt128(upper, words[0]);
        return CommandOutcome.Completed;
    }

    private static void Get(NvmeController controller, ref CommandSlot slot, bool isDefault)
    {
        UInt128 value = controller.Features.Values(isDefault).HostIdentifier;
        ulong* words = (ulong*)slot.Buffer;
        words[0] = (ulong)value;
        if (slot.DataLengthBytes == HostIdentifierFeature.ExtendedSizeBytes)
        {
            words[1] = (ulong)(value >> 64);
        }
    }
}
