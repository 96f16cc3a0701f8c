using System.Globalization;
using Nvmepf.Firmware.Controller;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// Fills in what was not set of a function that is served, its subsystem and its port, and makes of the three what the controller and
/// configuration space are told.
/// </summary>
internal static class FunctionDefaults
{
    private const ushort DefaultVendorId = 0x1B96;
    private const ushort DefaultDeviceId = 0xBEEF;
    private const uint DefaultMdtsKb = 512;
    private const uint DefaultQueues = 4;
    private const uint QueuesMaximum = 128;
    private const uint ControllerIdMaximum = 65519;
    private const uint DefaultQueueEntries = 1024;
    private const uint MsiMessagesMaximum = FunctionIdentity.MsiMessagesMax;
    private const uint ClassCode = 0x01_08_02;

    // What boards can spare of huge pages; with small buffers, lists and queues it stays below 40 MiB for the usual settings.
    private const uint TransferBufferBudgetBytes = 32 << 20;
    private const int DefaultSmallTransferBuffers = 256;

    /// <summary>Fills the nodes in.</summary>
    /// <param name="function">The function.</param>
    /// <param name="subsystem">Its subsystem, which other functions may have filled already.</param>
    /// <param name="port">Its port, likewise.</param>
    /// <param name="isPassthrough">Whether the subsystem passes commands through.</param>
    /// <param name="isBoard">Whether it is a board that serves it.</param>
    /// <exception cref="ConfigurationException">There would be no interrupts, or not those that the platform has.</exception>
    public static void Fill(FunctionNode function, SubsystemNode subsystem, PortNode port, bool isPassthrough, bool isBoard)
    {
        FillSubsystem(subsystem, isPassthrough);
        FillFunction(function, subsystem, port);
        FillInterrupts(function, subsystem, isBoard);
    }

    /// <summary>What the controller is told, of nodes that are filled.</summary>
    public static ControllerSettings SettingsOf(FunctionNode function, SubsystemNode subsystem, PortNode port, ushort controllerId) => new()
    {
        Name = function.Name,
        SubsystemNqn = subsystem.Nqn,
        VendorId = (ushort)subsystem.VendorId!,
        SubsystemVendorId = (ushort)subsystem.SubsystemVendorId!,
        Serial = subsystem.Serial ?? StableIdentity.Serial(subsystem.Nqn),
        Model = subsystem.Model ?? string.Empty,
        FirmwareRevision = subsystem.Firmware ?? string.Empty,
        IeeeOui = subsystem.IeeeOui!.Value,
        ControllerId = controllerId,
        Version = subsystem.Version!.Value,
        AnaGroups = [.. port.AnaGroups.ConvertAll(group => new AnaGroupSetting(group.GroupId, group.ToState()))],
        MaximumTransferBytes = MaximumTransferBytes(function, port),
        TransferBuffers = TransferBuffers(function, MaximumTransferBytes(function, port)),
        SmallTransferBuffers = DefaultSmallTransferBuffers,
        IoQueueCount = (int)Math.Min(subsystem.QueueIdMaximum!.Value, QueuesOfVectors(function)),
        AdaptiveInterruptsMicroseconds = (int)function.AdaptiveInterruptsMicroseconds!,
        QueueEntriesMax = int.Parse(port.MaximumQueueSize!, CultureInfo.InvariantCulture),
    };

    /// <summary>What configuration space says, of a node that is filled.</summary>
    public static FunctionIdentity IdentityOf(FunctionNode function, ControllerSettings settings) => new(
        settings.VendorId,
        (ushort)function.DeviceId!,
        settings.SubsystemVendorId,
        (ushort)function.SubsystemId!,
        (byte)function.RevisionId!,
        ClassCode,
        (int)function.MsixInterrupts!)
    {
        MsiMessageCount = (int)function.MsiInterrupts!,
        InterruptPin = (byte)function.InterruptPin!,
    };

    /// <summary>With passthrough the target's serial number, model and firmware revision stay where none is given.</summary>
    private static void FillSubsystem(SubsystemNode subsystem, bool isPassthrough)
    {
        ControllerSettings defaults = new() { SubsystemNqn = subsystem.Nqn, Serial = subsystem.Serial ?? StableIdentity.Serial(subsystem.Nqn) };
        subsystem.AllowAnyHost = true;
        if (!isPassthrough)
        {
            subsystem.Serial = defaults.Serial;
            subsystem.Model ??= defaults.Model;
            subsystem.Firmware ??= defaults.FirmwareRevision;
        }

        subsystem.Version ??= defaults.Version;
        subsystem.IeeeOui ??= defaults.IeeeOui;
        subsystem.ControllerIdMinimum ??= Math.Min(defaults.ControllerId, subsystem.ControllerIdMaximum ?? defaults.ControllerId);
        subsystem.ControllerIdMaximum ??= ControllerIdMaximum;
    }

    private static void FillFunction(FunctionNode function, SubsystemNode subsystem, PortNode port)
    {
        // nvmet lets the subsystem's vendors win over the function's; 0 and FFFFh are "not set" there.
        subsystem.VendorId = IdOr(subsystem.VendorId, IdOr(function.VendorId, DefaultVendorId));
        subsystem.SubsystemVendorId = IdOr(subsystem.SubsystemVendorId, IdOr(function.SubsystemVendorId, subsystem.VendorId.Value));
        function.VendorId = subsystem.VendorId;
        function.SubsystemVendorId = subsystem.SubsystemVendorId;
        function.DeviceId = function.DeviceId is null or FunctionNode.AnyId ? DefaultDeviceId : function.DeviceId;
        function.SubsystemId = function.SubsystemId is null or FunctionNode.AnyId ? function.DeviceId : function.SubsystemId;
        function.RevisionId ??= 0;
        function.MdtsKb ??= DefaultMdtsKb;

        if (port.MaximumQueueSize is null or "-1")
        {
            port.MaximumQueueSize = DefaultQueueEntries.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>
    /// Messages of both kinds are offered unless they are said to be none, a board's pin too. As in nvmet, vectors bound the queues: one is the admin queue's. Who
    /// chose the vectors of no kind gets a few.
    /// </summary>
    private static void FillInterrupts(FunctionNode function, SubsystemNode subsystem, bool isBoard)
    {
        uint? chosen = function.MsixInterrupts is > 0 ? function.MsixInterrupts : function.MsiInterrupts is > 1 ? function.MsiInterrupts : null;
        subsystem.QueueIdMaximum ??= chosen is uint some ? Math.Min(some - 1, QueuesMaximum) : DefaultQueues;
        function.InterruptPin ??= isBoard ? 1u : 0; // see docs/configuration.md for what QEMU does with a level
        function.MsixInterrupts ??= chosen ?? subsystem.QueueIdMaximum + 1;
        function.MsiInterrupts ??= Math.Min(function.MsixInterrupts > 0 ? function.MsixInterrupts.Value : subsystem.QueueIdMaximum.Value + 1, MsiMessagesMaximum);
        function.AdaptiveInterruptsMicroseconds ??= 0;
        if (isBoard && (function.MsixInterrupts == 0 || function.MsiInterrupts == 0))
        {
            string key = function.MsixInterrupts == 0 ? "msix_interrupts" : "msi_interrupts";
            throw ConfigurationException.ForValue(function.Place.Member(key), "0", "an rk3588 always has MSI-X and MSI", "not 0");
        }

        if (function.InterruptPin == 0 && function.MsixInterrupts == 0 && function.MsiInterrupts == 0)
        {
            throw ConfigurationException.ForValue(
                function.Place.Member("interrupt_pin"), "0", "the function has neither MSI-X nor MSI nor a pin", "one of the three");
        }
    }

    /// <summary>I/O queues that the vectors allow; a single vector is shared by any number.</summary>
    private static uint QueuesOfVectors(FunctionNode function)
    {
        uint vectors = function.MsixInterrupts > 0 ? function.MsixInterrupts.Value : function.MsiInterrupts!.Value;
        return vectors > 1 ? vectors - 1 : QueuesMaximum;
    }

    private static uint IdOr(uint? id, uint otherwise) => id is null or 0 or FunctionNode.AnyId ? otherwise : id.Value;

    private static int TransferBuffers(FunctionNode function, uint maximumTransferBytes) =>
        (int)(function.TransferBuffers ?? Math.Clamp(TransferBufferBudgetBytes / maximumTransferBytes, FunctionNode.TransferBuffersMinimum, 256));

    private static uint MaximumTransferBytes(FunctionNode function, PortNode port)
    {
        ulong bytes = function.MdtsKb!.Value * 1024UL;
        return (uint)(port.Mdts is > 0 and < 32 and uint power ? Math.Min(bytes, 4096UL << (int)power) : bytes);
    }
}
