namespace Nvmepf.Hal;

/// <summary>What the PCI function says of itself in configuration space (PCI Local Bus 3.0 section 6.1), set before the link starts.</summary>
/// <param name="VendorId">Vendor ID.</param>
/// <param name="DeviceId">Device ID.</param>
/// <param name="SubsystemVendorId">Subsystem Vendor ID.</param>
/// <param name="SubsystemId">Subsystem ID.</param>
/// <param name="RevisionId">Revision ID.</param>
/// <param name="ClassCode">Class code, 24 bits: base class, subclass, programming interface; 010802h for an NVMe I/O controller.</param>
/// <param name="MsixVectorCount">MSI-X table size in vectors, 1 to 256; 0 for no MSI-X.</param>
public sealed record FunctionIdentity(
    ushort VendorId,
    ushort DeviceId,
    ushort SubsystemVendorId,
    ushort SubsystemId,
    byte RevisionId,
    uint ClassCode,
    int MsixVectorCount)
{
    /// <summary>Most messages of MSI (PCI Local Bus 3.0 section 6.8.1).</summary>
    public const int MsiMessagesMax = 32;

    /// <summary>MSI messages offered, 1 to 32, rounded up to a power of two; 0 for no MSI.</summary>
    public int MsiMessageCount { get; init; }

    /// <summary>INTx pin: 1 (INTA#) to 4 (INTD#), 0 for none.</summary>
    public byte InterruptPin { get; init; }

    /// <summary>Messages that the MSI capability says: <see cref="MsiMessageCount"/> as a power of two.</summary>
    public int MsiMessagesOffered => MsiMessageCount == 0 ? 0 : (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)MsiMessageCount);

    /// <summary>Vectors of the kind that has most; a pin is one.</summary>
    public int InterruptVectorCount => Math.Max(Math.Max(MsixVectorCount, MsiMessagesOffered), InterruptPin != 0 ? 1 : 0);
}
