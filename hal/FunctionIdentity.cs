namespace Nvmepf.Hal;

/// <summary>What the PCI function says of itself in configuration space (PCI Local Bus 3.0 section 6.1), set before the link starts.</summary>
/// <param name="VendorId">Vendor ID.</param>
/// <param name="DeviceId">Device ID.</param>
/// <param name="SubsystemVendorId">Subsystem Vendor ID.</param>
/// <param name="SubsystemId">Subsystem ID.</param>
/// <param name="RevisionId">Revision ID.</param>
/// <param name="ClassCode">Class code, 24 bits: base class, subclass, programming interface; 010802h for an NVMe I/O controller.</param>
/// <param name="MsixVectorCount">MSI-X table size in vectors, 1 to 256.</param>
public sealed record FunctionIdentity(
    ushort VendorId,
    ushort DeviceId,
    ushort SubsystemVendorId,
    ushort SubsystemId,
    byte RevisionId,
    uint ClassCode,
    int MsixVectorCount)
{
    /// <summary>MSI messages offered where the function has MSI as well, 1 to 32; 0 for as many as MSI-X vectors, up to 32.</summary>
    public int MsiMessageCount { get; init; }
}
