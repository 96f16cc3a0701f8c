using System.Linq;
using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Inspection;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>pci</c>: configuration space as the host sees it: header and capabilities, field by field.</summary>
internal static class PciCommand
{
    private const int FirstExtended = 0x40; // in words
    private const int CapabilitiesMax = 48;

    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("pci", "[raw]", "PCI configuration space, decoded", Run)
    {
        ArgumentsMax = 1,
        Complete = static call => call.Candidates.Add("raw"),
        Details = "With raw the first 256 bytes as they are.",
    };

    private static void Run(CommandCall call)
    {
        if (call.TheFunction() is not { } function)
        {
            return;
        }

        if (function.Inspection is not { } inspection)
        {
            call.Report.Fail($"{function.Name}: the platform {function.Platform.Name} shows no configuration space");
            return;
        }

        uint[] offsets = new uint[InspectionRequest.ConfigurationWords];
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = (uint)i * sizeof(uint);
        }

        InspectionRequest request = new(inspection, null, offsets);
        if (!call.Ask(function, request, "configuration space"))
        {
            return;
        }

        if (call[0] == "raw")
        {
            ShowRaw(call.Report, request.Words);
        }
        else if (call[0] is null)
        {
            ShowDecoded(call.Report, request.Words);
        }
        else
        {
            call.FailUsage(Row);
        }
    }

    private static void ShowRaw(Report report, uint[] words)
    {
        report.BeginTable("bytes", new Column("offset", -6), new Column("bytes", -48));
        for (int line = 0; line < 16; line++)
        {
            string text = string.Join(' ', Enumerable.Range(0, 16).Select(i => $"{(byte)(words[(line * 4) + (i / 4)] >> (8 * (i % 4))):x2}"));
            report.Row($"{line * 16:x2}h", text);
        }

        report.EndTable();
    }

    private static void ShowDecoded(Report report, uint[] words)
    {
        report.BeginItems("capabilities");
        Show(report, "header", 0, RegisterRows.Header, words);
        int offset = (int)(words[0x34 / 4] & 0xFC);
        for (int i = 0; i < CapabilitiesMax && offset >= 0x40; i++)
        {
            byte id = (byte)words[offset / 4];
            (string name, RegisterRow[] rows) = id switch
            {
                0x01 => ("power management", RegisterRows.PowerManagement),
                0x05 => ("msi", RegisterRows.Msi),
                0x10 => ("pci express", RegisterRows.PciExpress),
                0x11 => ("msi-x", RegisterRows.Msix),
                _ => ($"capability {id:x2}h", []),
            };
            Show(report, name, offset, rows, words);
            offset = (int)((words[offset / 4] >> 8) & 0xFC);
        }

        ShowExtended(report, words);
        report.EndItems();
    }

    private static void ShowExtended(Report report, uint[] words)
    {
        int place = FirstExtended;
        for (int i = 0; i < CapabilitiesMax && place >= FirstExtended && words[place] is not (0 or uint.MaxValue); i++)
        {
            ExtendedCapabilityHeader header = ExtendedCapabilityHeader.FromRaw(words[place]);
            Show(report, $"extended {(ushort)words[place]:x4}h {header.CapabilityId}", place * 4, [], words);
            place = (int)(words[place] >> 20) / 4;
        }
    }

    private static void Show(Report report, string name, int offset, RegisterRow[] rows, uint[] words)
    {
        report.BeginItem($"{name} at {offset:x2}h:");
        report.Field("name", name, "");
        report.Field("offset", offset, "");
        RegisterRow[] placed = [.. rows.Select(row => row.At("", offset))];
        RegsCommand.Show(report, "configuration", placed, [.. placed.Select(row => words[row.OffsetBytes / 4])], hasAllFields: false);
        report.EndItem();
    }
}
