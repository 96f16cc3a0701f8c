using System.Globalization;
using System.Linq;
using System.Reflection;
using Nvmepf.Hal.Mmio;
using Xunit;

namespace Nvmepf.Tests.Rk3588;

public sealed class RegisterMapTests
{
    private const nint Base = 0x1000_0000;
    private static readonly Dictionary<string, MapRow> s_rows = Parse();

    public static TheoryData<string> Names => [.. s_rows.Keys];

    [Fact]
    public void Every_register_of_every_block_has_a_row_and_every_row_a_register()
    {
        IEnumerable<string> mapped = Blocks().SelectMany(block => Registers(block).Select(register => $"{block.Name}.{register.Name}"));
        Assert.Equal(s_rows.Keys.Order(), mapped.Order());
    }

    [Fact]
    public void Every_type_of_fields_belongs_to_a_register_of_the_table()
    {
        IEnumerable<string> fields = typeof(Hal.Rk3588.ApbClient).Assembly.GetTypes()
            .Where(type => IsMapped(type) && type.GetInterfaces().Any(face => face.Name == typeof(IRegisterFields<>).Name))
            .Select(type => type.Name).Where(name => !IsCheckedElsewhere(name));
        Assert.Equal(s_rows.Values.Select(row => row.Fields).Distinct().Order(), fields.Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_register_is_at_its_offset_with_its_access_right(string name)
    {
        MapRow row = s_rows[name];
        (nint first, Type type) = Register(name, 0);
        Assert.Equal($"{row.Offset:X} {row.Access} {row.Fields}", $"{first - Base:X} {AccessOf(type)} {type.GetGenericArguments()[0].Name}");
        if (row.Stride != 0)
        {
            Assert.Equal(row.Offset + (5 * row.Stride), Register(name, 5).Address - Base);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_fields_of_a_register_are_the_bits_of_the_table_and_no_others(string name)
    {
        MapRow row = s_rows[name];
        Type fields = Register(name, 0).Type.GetGenericArguments()[0];
        IEnumerable<string> settable = fields.GetProperties().Where(property => property.CanWrite && property.Name != "Raw")
            .Select(property => property.Name);
        Assert.Equal(row.Bits.Select(bits => bits.Name).Order(), settable.Order());
        uint taken = 0;
        foreach ((string field, int lowest, int width) in row.Bits)
        {
            uint ones = uint.MaxValue >> (32 - width);
            uint mask = ones << lowest;
            Assert.Equal(0u, taken & mask);
            taken |= mask;
            PropertyInfo property = fields.GetProperty(field)!;
            Assert.Equal(ones, Get(property, mask));
            Assert.Equal(0u, Get(property, ~mask));
            Assert.Equal(mask, Set(property, 0, ones));
            Assert.Equal(~mask, Set(property, uint.MaxValue, 0));
        }
    }

    [Fact]
    public void The_ready_made_words_of_the_reference_come_out_of_the_fields()
    {
        Assert.Equal(0x0006u, new Hal.Rk3588.MiscMask { DataLinkChanged = true, LinkReset = true }.Raw);
        Assert.Equal(0x0012u, new Hal.Rk3588.HotResetControl { LinkTrainingEnhance = true, Delay2Enable = true }.Raw);
        Assert.Equal(0x0008u, new Hal.Rk3588.HotResetControl { Delay2Done = true }.Raw);
        Assert.Equal(0x00A0u, new Hal.Rk3588.PowerGate { PhpOff = true, PcieOff = true }.Raw);
        Assert.True(new Hal.Rk3588.LtssmStatus(0x0013_0011).IsLinkUp);
        Assert.False(new Hal.Rk3588.LtssmStatus(0x0011_0011).IsLinkUp);
    }

    private static IEnumerable<Type> Blocks() => typeof(Hal.Rk3588.ApbClient).Assembly.GetTypes().Where(type =>
        IsMapped(type) && type.IsValueType && !RegisterMapTable.CheckedElsewhere.Contains(type.Name) && Registers(type).Any());

    private static bool IsMapped(Type type) => type.Namespace is "Nvmepf.Hal.DesignWare" or "Nvmepf.Hal.Rk3588";

    private static bool IsCheckedElsewhere(string name) =>
        name.StartsWith("Iatu", StringComparison.Ordinal) && name != "IatuViewport" || name.StartsWith("Edma", StringComparison.Ordinal);

    /// <summary>Public members of a block that give a register: properties, and methods of an index.</summary>
    private static IEnumerable<MethodInfo> Getters(Type block) => block.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(method => AccessOf(method.ReturnType).Length > 0
            && method.GetParameters() is [] or [{ ParameterType.FullName: "System.Int32" }]);

    private static IEnumerable<(string Name, MethodInfo Getter)> Registers(Type block) =>
        Getters(block).Select(getter => (getter.Name.Replace("get_", "", StringComparison.Ordinal), getter));

    private static string AccessOf(Type type)
    {
        const string Suffix = "Register`1";
        return type.IsGenericType && type.Name.EndsWith(Suffix, StringComparison.Ordinal) && type.GetProperty("Address") is not null
            ? type.Name[..^Suffix.Length]
            : "";
    }

    private static (nint Address, Type Type) Register(string name, int index)
    {
        string[] parts = name.Split('.');
        Type block = Blocks().Single(type => type.Name == parts[0]);
        MethodInfo getter = Registers(block).Single(register => register.Name == parts[1]).Getter;
        object made = block.GetConstructor([typeof(nint)])!.Invoke([Base]);
        object register = getter.Invoke(made, getter.GetParameters().Length == 0 ? [] : [index])!;
        return ((nint)register.GetType().GetProperty("Address")!.GetValue(register)!, register.GetType());
    }

    private static uint Get(PropertyInfo property, uint raw)
    {
        object fields = property.DeclaringType!.GetConstructor([typeof(uint)])!.Invoke([raw]);
        return Convert.ToUInt32(property.GetValue(fields), CultureInfo.InvariantCulture);
    }

    private static uint Set(PropertyInfo property, uint raw, uint value)
    {
        object fields = property.DeclaringType!.GetConstructor([typeof(uint)])!.Invoke([raw]);
        Type type = property.PropertyType;
        object typed = type.IsEnum ? Enum.ToObject(type, value) : Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
        property.SetValue(fields, typed);
        return (uint)property.DeclaringType.GetProperty("Raw")!.GetValue(fields)!;
    }

    private static Dictionary<string, MapRow> Parse()
    {
        List<string> lines = [];
        string[] tables =
        [
            RegisterMapTable.Client, RegisterMapTable.Board, RegisterMapTable.Header, RegisterMapTable.Capabilities, RegisterMapTable.PortLogic,
        ];
        foreach (string line in tables.SelectMany(table => table.Split('\n')))
        {
            if (line.Contains(':', StringComparison.Ordinal))
            {
                lines.Add(line.Trim());
            }
            else
            {
                lines[^1] += " " + line.Trim();
            }
        }

        return lines.Select(ParseRow).ToDictionary(row => row.Name);
    }

    private static MapRow ParseRow(string line)
    {
        string[] halves = line.Split(':');
        string[] head = halves[0].Split(' ');
        string[] place = head[1].Split('+');
        (string, int, int)[] bits = [.. halves[1].Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(text => text.Split(' ')).Select(words => (words[0], Decimal(words[1]), Decimal(words[2])))];
        return new MapRow(head[0], Hexadecimal(place[0]), place.Length > 1 ? Hexadecimal(place[1]) : 0, head[2], head[3], bits);

        static int Hexadecimal(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        static int Decimal(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    private sealed record MapRow(string Name, int Offset, int Stride, string Access, string Fields, (string Name, int Lowest, int Width)[] Bits);
}
