using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Commands.Admin;
using Nvmepf.Firmware.Commands.Admin.LogPages;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// Get Log Page, 02h (NVMe Base 2.1 section 5.1.12): pages of the connection are answered as for any subsystem, pages of the media come from the
/// target, and pages that list what is supported come from the target and lose what does not pass (<see cref="PassthroughFilter"/>).
/// </summary>
public static unsafe class PassthroughLogPage
{
    private const byte LogPageByte = 40;
    private const byte LengthByte = 42;
    private const int OpcodesPerQueue = 256;
    private const uint Supported = 1;

    /// <summary>The row.</summary>
    internal static CommandDescriptor Row() => new()
    {
        Opcode = (byte)AdminOpcode.GetLogPage,
        Name = GetLogPage.Descriptor.Name,
        NamespaceRule = NamespaceRule.HandlerDecides,
        DataPath = DataPath.Buffered,
        Effects = GetLogPage.Descriptor.Effects,
        Prepare = &Prepare,
        Execute = &Execute,
        Continue = &Continue,
    };

    /// <summary>Changes part of a page of one dword an entry: what this controller answers itself and what it refuses.</summary>
    /// <param name="page">Which page; others stay as they are.</param>
    /// <param name="firstEntry">Index of the first entry in <paramref name="entries"/>.</param>
    /// <param name="entries">The entries as the target gave them.</param>
    public static void Correct(LogPageId page, ulong firstEntry, Span<uint> entries)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            ulong index = firstEntry + (ulong)i;
            entries[i] = page switch
            {
                LogPageId.SupportedLogPages when index < OpcodesPerQueue => CorrectLogPage((LogPageId)index, entries[i]),
                LogPageId.CommandsSupportedAndEffects when index < OpcodesPerQueue =>
                    CorrectCommand(PassthroughTable.Admin((byte)index), IsForwardedAdmin((byte)index), entries[i]),
                LogPageId.CommandsSupportedAndEffects when index < 2 * OpcodesPerQueue =>
                    CorrectCommand(PassthroughTable.Io((byte)index), isForwarded: true, entries[i]),
                LogPageId.FeatureIdentifiersSupportedAndEffects when index < OpcodesPerQueue => CorrectFeature((FeatureId)index, entries[i]),
                _ => entries[i],
            };
        }
    }

    private static uint CorrectLogPage(LogPageId page, uint entry) => PassthroughFilter.Of(page) switch
    {
        PassthroughRoute.Refused => 0,
        PassthroughRoute.Own => Supported,
        _ => entry,
    };

    private static uint CorrectFeature(FeatureId feature, uint entry) => PassthroughFilter.Of(feature) switch
    {
        PassthroughRoute.Refused => 0,
        PassthroughRoute.Own => new FeatureIdentifierSupportedAndEffects { FeatureSupported = true, Scope = EffectsScope.Controller }.Raw,
        _ => entry,
    };

    private static uint CorrectCommand(CommandDescriptor? row, bool isForwarded, uint entry) =>
        row is null ? 0 : isForwarded ? entry : row.Effects | Supported;

    private static bool IsForwardedAdmin(byte opcode) => opcode >= Spec.Opcode.FirstVendorSpecificAdmin;

    private static PassthroughRoute RouteOf(ref CommandSlot slot) =>
        PassthroughFilter.Of(new GetLogPageDword10(slot.Entry.Cdw10).LogPageIdentifier);

    private static Status Prepare(CommandEngine engine, ref CommandSlot slot)
    {
        switch (RouteOf(ref slot))
        {
            case PassthroughRoute.Own:
                return GetLogPage.Descriptor.Prepare(engine, ref slot);
            case PassthroughRoute.Refused:
                return slot.Blame(new Status(StatusCode.InvalidLogPage, true), LogPageByte);
            default:
                break;
        }

        ulong lengthBytes = GetLogPage.LengthBytes(in slot.Entry);
        if (lengthBytes > engine.Controller.Passthrough!.MaximumTransferBytes)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, true), LengthByte);
        }

        slot.Direction = DataDirection.ControllerToHost;
        slot.DataLengthBytes = (uint)lengthBytes;
        return Status.Success;
    }

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot) => RouteOf(ref slot) == PassthroughRoute.Own
        ? GetLogPage.Descriptor.Execute(engine, ref slot)
        : engine.Controller.Passthrough!.ForwardAdmin(engine, ref slot);

    private static CommandOutcome Continue(CommandEngine engine, ref CommandSlot slot)
    {
        slot.Status = slot.Operation.Status;
        GetLogPageDword10 dword10 = new(slot.Entry.Cdw10);
        if (slot.Status.IsSuccess && !dword10.RetainAsynchronousEvent)
        {
            // Events are this controller's, whoever has the page; the target has got the bit as well.
            engine.Controller.Events.Acknowledge(engine.Controller, (byte)dword10.LogPageIdentifier);
        }

        if (slot.Status.IsSuccess && RouteOf(ref slot) == PassthroughRoute.Corrected && !new GetLogPageDword14(slot.Entry.Cdw14).OffsetIsIndex)
        {
            Correct(
                dword10.LogPageIdentifier,
                GetLogPage.OffsetBytes(in slot.Entry) / sizeof(uint),
                new Span<uint>(slot.Buffer, (int)(slot.DataLengthBytes / sizeof(uint))));
        }

        return CommandOutcome.Completed;
    }
}
