using System.Linq;
using Nvmepf.Hal.Inspection;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>regs</c>: registers, decoded field by field: NVMe's in BAR 0 on every platform, the controller's where there is one.</summary>
internal static class RegsCommand
{
    private const string NvmeBlock = "nvme";

    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("regs", "[BLOCK [REGISTER]]", "registers, decoded field by field", Run)
    {
        ArgumentsMax = 2,
        Complete = Complete,
        Details = "Without BLOCK lists the blocks. REGISTER may be the beginning of names: regs iatu outbound3. "
            + "A register that changes by being read is read only by its whole name.",
    };

    private static IReadOnlyList<RegisterBlock> Blocks(ConsoleFunction function) => function.Inspection?.RegisterBlocks ?? [];

    private static IReadOnlyList<RegisterRow>? RowsOf(ConsoleFunction function, string block) => block == NvmeBlock
        ? NvmeRegisterRows.Rows
        : Blocks(function).FirstOrDefault(candidate => candidate.Name == block)?.Rows;

    private static void Run(CommandCall call)
    {
        if (call.TheFunction() is not { } function)
        {
            return;
        }

        if (call[0] is not string name)
        {
            List(call.Report, function);
            return;
        }

        IReadOnlyList<RegisterRow>? rows = RowsOf(function, name);
        if (rows is null)
        {
            string names = string.Join(", ", Blocks(function).Select(block => block.Name).Prepend(NvmeBlock));
            call.Report.Fail($"{name}: no such block on {function.Platform.Name}; allowed: {names}");
            return;
        }

        string wanted = call[1] ?? "";
        RegisterRow[] chosen = [.. rows.Where(row => row.Name == wanted)];
        RegisterRow[] passedOver = [];
        if (chosen.Length == 0)
        {
            ILookup<bool, RegisterRow> begun = rows.Where(row => row.Name.StartsWith(wanted, StringComparison.Ordinal)).ToLookup(row => row.HasReadEffect);
            (chosen, passedOver) = ([.. begun[false]], [.. begun[true]]);
        }

        if (chosen.Length + passedOver.Length == 0)
        {
            call.Report.Fail($"{wanted}: no such register in {name}; regs {name} lists them");
            return;
        }

        uint[]? words = Read(call, function, name, chosen);
        if (words is not null)
        {
            Show(call.Report, name, chosen, words, hasAllFields: call[1] is not null);
        }

        foreach (RegisterRow row in passedOver)
        {
            call.Report.Note($"{row.OffsetBytes:x5}h {row.Name} is left out: reading it takes something away; regs {name} {row.Name} reads it");
        }
    }

    private static uint[]? Read(CommandCall call, ConsoleFunction function, string name, RegisterRow[] rows)
    {
        uint[] offsets = [.. rows.Select(row => row.OffsetBytes)];
        if (name == NvmeBlock)
        {
            return [.. offsets.Select(offset => NvmeRegisterRows.Read(function.Platform.Bar0, offset))];
        }

        RegisterBlock block = Blocks(function).First(candidate => candidate.Name == name);
        InspectionRequest request = new(function.Inspection!, block, offsets);
        return call.Ask(function, request, name) ? request.Words : null;
    }

    private static void List(Report report, ConsoleFunction function)
    {
        report.BeginTable("blocks", new Column("block", -8), new Column("registers", 9));
        report.Row(NvmeBlock, NvmeRegisterRows.Rows.Count);
        foreach (RegisterBlock block in Blocks(function))
        {
            report.Row(block.Name, block.Rows.Count);
        }

        report.EndTable();
    }

    /// <summary>Shows registers; where many were asked for, people see the fields that are not zero only.</summary>
    internal static void Show(Report report, string block, RegisterRow[] rows, uint[] words, bool hasAllFields)
    {
        report.Field("block", block, "");
        report.BeginItems("registers");
        for (int i = 0; i < rows.Length && !report.IsUnread; i++)
        {
            RegisterRow row = rows[i];
            report.BeginItem($"{row.OffsetBytes:x5}h {row.Name} = {words[i]:x8}h");
            report.Field("name", row.Name, "");
            report.Field("offset", Cell.Hex(row.OffsetBytes, 3), "");
            report.Field("value", Cell.Hex(words[i], 8), "");
            ShowFields(report, row, words[i], hasAllFields);
            report.EndItem();
        }

        report.EndItems();
    }

    private static void ShowFields(Report report, RegisterRow row, uint word, bool hasAllFields)
    {
        string[] values = row.Decode(word);
        report.BeginItems("fields");
        for (int i = 0; i < row.Fields.Count; i++)
        {
            RegisterField field = row.Fields[i];
            uint raw = (word >> field.LowestBit) & (uint.MaxValue >> (32 - field.Width));
            if (raw == 0 && !hasAllFields && !report.IsComplete)
            {
                continue;
            }

            string bits = field.Width == 1 ? $"{field.LowestBit}" : $"{field.LowestBit + field.Width - 1}:{field.LowestBit}";
            report.BeginItem($"{bits,-6} {RegisterRow.Hyphenated(field.Name)} = {ValueText(values[i], raw)}");
            report.Field("field", RegisterRow.Hyphenated(field.Name), "");
            report.Field("bits", bits, "");
            report.Field("raw", raw, "");
            report.Field("value", values[i] switch { "True" => true, "False" => false, string text => text }, "");
            report.EndItem();
        }

        report.EndItems();
    }

    private static string ValueText(string value, uint raw) => value switch
    {
        "True" => "1",
        "False" => "0",
        _ when value == $"{raw}" && raw > 9 => $"{raw} ({raw:x}h)",
        _ => value,
    };

    private static void Complete(CompletionCall call)
    {
        foreach (ConsoleFunction function in call.Targets.Functions)
        {
            if (call.Before.Count == 0)
            {
                call.Candidates.Add(NvmeBlock);
                call.Candidates.AddRange(Blocks(function).Select(block => block.Name));
            }
            else if (call.Before.Count == 1 && RowsOf(function, call.Before[0]) is { } rows)
            {
                call.Candidates.AddRange(rows.Select(row => row.Name));
            }
        }
    }
}
