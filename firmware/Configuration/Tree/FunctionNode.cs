using System.Globalization;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// A PCI function: <c>functions/nvmet_pci_epf/NAME</c> of the kernel's PCI endpoint framework, which nvmetcli does not save.
/// Properties that are null were never set.
/// </summary>
internal sealed class FunctionNode
{
    /// <summary>The ID that stands for any: not set.</summary>
    public const uint AnyId = 0xFFFF;

    /// <summary>Fewest transfer buffers; fewer would let commands wait for each other all the time.</summary>
    public const uint TransferBuffersMinimum = 8;

    private const uint TransferBuffersMaximum = 4096;
    private const uint MdtsMinimumKb = 8;
    private const uint MdtsMaximumKb = 2048;
    private const uint AdaptiveInterruptsMaximumMicroseconds = 600_000_000;
    private const string MdtsAllowed = "8, 16, ... 2048";

    /// <summary>Where it stands.</summary>
    public Place Place { get; init; }

    /// <summary>Its name, in log lines before the NQN.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>Vendor ID, used where the subsystem has none.</summary>
    public uint? VendorId { get; set; }

    /// <summary>Device ID.</summary>
    public uint? DeviceId { get; set; }

    /// <summary>Subsystem Vendor ID, used where the subsystem has none.</summary>
    public uint? SubsystemVendorId { get; set; }

    /// <summary>Subsystem ID.</summary>
    public uint? SubsystemId { get; set; }

    /// <summary>Revision ID.</summary>
    public uint? RevisionId { get; set; }

    /// <summary>Base class; only mass storage is possible.</summary>
    public uint? BaseClass { get; set; }

    /// <summary>Subclass; only NVM is possible.</summary>
    public uint? Subclass { get; set; }

    /// <summary>Programming interface; only NVM Express I/O controller is possible.</summary>
    public uint? ProgrammingInterface { get; set; }

    /// <summary>Cache line size; without effect on PCIe.</summary>
    public uint? CacheLineSize { get; set; }

    /// <summary>INTx pin, 0 for none.</summary>
    public uint? InterruptPin { get; set; }

    /// <summary>MSI messages; 0 for no MSI.</summary>
    public uint? MsiInterrupts { get; set; }

    /// <summary>MSI-X vectors; 0 for no MSI-X.</summary>
    public uint? MsixInterrupts { get; set; }

    /// <summary>
    /// Longest time that an interrupt is deferred while the host has not answered the one before on its vector; 0 defers none.
    /// </summary>
    public uint? AdaptiveInterruptsMicroseconds { get; set; }

    /// <summary>Port that it belongs to.</summary>
    public uint? PortId { get; set; }

    /// <summary>NQN of the subsystem that it offers.</summary>
    public string? SubsystemNqn { get; set; }

    /// <summary>Largest transfer in KiB.</summary>
    public uint? MdtsKb { get; set; }

    /// <summary>
    /// Buffers of the largest transfer, for data that cannot go from disk to host directly; not set, as many as fit 32 MiB.
    /// </summary>
    public uint? TransferBuffers { get; set; }

    /// <summary>Its attributes.</summary>
    public static AttributeTable<FunctionNode> Attributes { get; } = new(
        Row.Ascii<FunctionNode>(null, "name", 64, (n, v) => n.Name = v, n => n.Name),
        Row.Identifier<FunctionNode>(null, "vendorid", 4, 1, AnyId, (n, v) => n.VendorId = v, n => n.VendorId),
        Row.Identifier<FunctionNode>(null, "deviceid", 4, 0, AnyId, (n, v) => n.DeviceId = v, n => n.DeviceId),
        Row.Identifier<FunctionNode>(null, "subsys_vendor_id", 4, 0, AnyId, (n, v) => n.SubsystemVendorId = v, n => n.SubsystemVendorId),
        Row.Identifier<FunctionNode>(null, "subsys_id", 4, 0, AnyId, (n, v) => n.SubsystemId = v, n => n.SubsystemId),
        Row.Identifier<FunctionNode>(null, "revid", 2, 0, 0xFF, (n, v) => n.RevisionId = v, n => n.RevisionId),
        Row.Identifier<FunctionNode>(null, "baseclass_code", 2, 1, 1, (n, v) => n.BaseClass = v, n => n.BaseClass),
        Row.Identifier<FunctionNode>(null, "subclass_code", 2, 8, 8, (n, v) => n.Subclass = v, n => n.Subclass),
        Row.Identifier<FunctionNode>(null, "progif_code", 2, 2, 2, (n, v) => n.ProgrammingInterface = v, n => n.ProgrammingInterface),
        Row.Number<FunctionNode>(null, "cache_line_size", 0, 255, (n, v) => n.CacheLineSize = v, n => n.CacheLineSize) with
        {
            ValueWithoutEffect = "0",
        },
        Row.Number<FunctionNode>(null, "interrupt_pin", 0, 4, (n, v) => n.InterruptPin = v, n => n.InterruptPin),
        Row.Number<FunctionNode>(null, "msi_interrupts", 0, 32, (n, v) => n.MsiInterrupts = v, n => n.MsiInterrupts),
        Vectors("msix_interrupts", (n, v) => n.MsixInterrupts = v, n => n.MsixInterrupts),
        Row.Number<FunctionNode>("nvme", "portid", 0, 65535, (n, v) => n.PortId = v, n => n.PortId),
        new AttributeRow<FunctionNode>("nvme", "subsysnqn", QualifiedName.Form, SetSubsystem, n => n.SubsystemNqn),
        new AttributeRow<FunctionNode>("nvme", "mdts_kb", MdtsAllowed, SetMdts, n => n.MdtsKb?.ToString(CultureInfo.InvariantCulture)),
        Row.Number<FunctionNode>(
            "nvme", "transfer_buffers", TransferBuffersMinimum, TransferBuffersMaximum, (n, v) => n.TransferBuffers = v, n => n.TransferBuffers),
        Row.Number<FunctionNode>(
            "nvme",
            "adaptive_interrupts_us",
            0,
            AdaptiveInterruptsMaximumMicroseconds,
            (n, v) => n.AdaptiveInterruptsMicroseconds = v,
            n => n.AdaptiveInterruptsMicroseconds));

    private static AttributeRow<FunctionNode> Vectors(string key, Action<FunctionNode, uint> set, Func<FunctionNode, uint?> get)
    {
        AttributeRow<FunctionNode> row = Row.Number(null, key, 0, Hal.Bar0Layout.MsixVectorsMax, set, get);
        return row with
        {
            Allowed = $"2 to {Hal.Bar0Layout.MsixVectorsMax}, or 0 for no MSI-X",
            Set = (node, text) => row.Set(node, text) ?? (get(node) == 1 ? "the admin queue and one I/O queue need 2" : null),
        };
    }

    private static string? SetSubsystem(FunctionNode node, string text)
    {
        string? problem = QualifiedName.Check(text);
        node.SubsystemNqn = text;
        return problem;
    }

    private static string? SetMdts(FunctionNode node, string text)
    {
        string? problem = ValueText.ParseNumber(text, MdtsMinimumKb, MdtsMaximumKb, out uint value);
        node.MdtsKb = value;
        return problem ?? (System.Numerics.BitOperations.IsPow2(value) ? null : "not a power of two");
    }
}
