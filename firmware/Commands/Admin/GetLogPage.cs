using Nvmepf.Firmware.Commands.Admin.LogPages;
using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>
/// Get Log Page, 02h (NVMe Base 2.1 section 5.1.12): part of a page, from a byte offset. The pages are in the folder LogPages, one file
/// each; this file holds what they share: length, offset, NSID and events.
/// </summary>
/// <remarks>
/// What is asked for beyond the end of a page is undefined in the standard and zero here; an offset beyond the end is refused.
/// The event is cleared when the page is built. If the transfer to the host fails afterwards the event is gone all the same.
/// </remarks>
public static unsafe class GetLogPage
{
    private const byte NamespaceByte = 4;
    private const byte LogPageByte = 40;
    private const byte LengthByte = 42;
    private const byte OffsetByte = 48;
    private const byte OffsetTypeByte = 58;
    private const byte OffsetTypeBit = 7;
    private const byte CommandSetByte = 59;

    /// <summary>The row.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.GetLogPage,
        Name = "Get Log Page",
        NamespaceRule = NamespaceRule.HandlerDecides,
        DataPath = DataPath.Buffered,
        Effects = new CommandSupportedAndEffects { Scope = EffectsScope.Controller }.Raw,
        Prepare = &Prepare,
        Execute = &Execute,
    };

    /// <summary>Bytes that the dwords ask for: NUMD is 32 bits of dwords, zero-based, so 64 bits hold every value.</summary>
    internal static ulong LengthBytes(in SubmissionQueueEntry entry)
    {
        uint lower = new GetLogPageDword10(entry.Cdw10).NumberOfDwordsLowerZeroBased;
        uint upper = new GetLogPageDword11(entry.Cdw11).NumberOfDwordsUpper;
        return ((((ulong)upper << 16) | lower) + 1) * sizeof(uint);
    }

    /// <summary>LPO: bytes to skip. Bits 1:0 are taken as zero, as a controller that does not refuse them shall.</summary>
    internal static ulong OffsetBytes(in SubmissionQueueEntry entry)
    {
        ulong lower = new GetLogPageDword12(entry.Cdw12).LogPageOffsetLower;
        ulong upper = new GetLogPageDword13(entry.Cdw13).LogPageOffsetUpper;
        return ((upper << 32) | lower) & ~3ul;
    }

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        LogPageDescriptor? row = LogPageTable.Find(controller, new GetLogPageDword10(slot.Entry.Cdw10).LogPageIdentifier);
        if (row is null)
        {
            return slot.Blame(new Status(StatusCode.InvalidLogPage, true), LogPageByte);
        }

        // No page is a namespace's own: the values that mean "the controller" are good, others would promise what is not there.
        if (slot.Entry.NamespaceIdentifier is not (0 or SubmissionQueueEntry.BroadcastNamespaceIdentifier))
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), NamespaceByte);
        }

        ulong lengthBytes = LengthBytes(in slot.Entry);
        if (lengthBytes > controller.Settings.MaximumTransferBytes)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), LengthByte);
        }

        GetLogPageDword14 dword14 = new(slot.Entry.Cdw14);
        if (dword14.OffsetIsIndex)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), OffsetTypeByte, OffsetTypeBit);
        }

        if (OffsetBytes(in slot.Entry) > (ulong)row.LengthBytes)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), OffsetByte);
        }

        if (row.UsesCommandSet && dword14.CommandSetIdentifier != CommandSetIdentifier.Nvm && IsCommandSetSelected(controller))
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), CommandSetByte);
        }

        slot.Direction = DataDirection.ControllerToHost;
        slot.DataLengthBytes = (uint)lengthBytes;
        return row.Check == null ? Status.Success : row.Check(controller, ref slot);
    }

    /// <summary>CSI counts only where the host enabled all command sets (CC.CSS = 110b); without that it is ignored.</summary>
    private static bool IsCommandSetSelected(NvmeController controller) =>
        controller.Registers.Configuration.IoCommandSetSelected == IoCommandSetSelected.AllSupportedIoCommandSets;

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        slot.Status = Status.Success;
        GetLogPageDword10 dword10 = new(slot.Entry.Cdw10);
        LogPageDescriptor row = LogPageTable.Find(dword10.LogPageIdentifier)!;

        // Built whole on the stack (16 KiB at most), then cut: pages are small, and no page has to know of offsets.
        byte* page = stackalloc byte[LogPageDescriptor.LengthMaximumBytes];
        new Span<byte>(page, row.LengthBytes).Clear();
        row.Fill(controller, ref slot, page);
        int offset = (int)OffsetBytes(in slot.Entry);
        int count = (int)Math.Min((uint)(row.LengthBytes - offset), slot.DataLengthBytes);
        new ReadOnlySpan<byte>(page + offset, count).CopyTo(new Span<byte>(slot.Buffer, count));
        if (!dword10.RetainAsynchronousEvent)
        {
            // The event first: what the page still has after it may be a new one.
            controller.Events.Acknowledge(controller, (byte)dword10.LogPageIdentifier);
            if (row.AfterRead != null)
            {
                row.AfterRead(controller);
            }
        }

        return CommandOutcome.Completed;
    }
}
