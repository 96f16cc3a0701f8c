using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using Xunit;

namespace Nvmepf.Tests.Spec;

public sealed class BitFieldTests
{
    // Words and properties whose value is not a plain bit field; WireExampleTests has them.
    private static readonly string[] s_testedByExample =
        ["PrpEntry", "AdminQueueBase", "AdminQueueBase.Address", "CompletionStatus.Status"];

    public static TheoryData<string> WordNames =>
        [.. BitFieldTable.Words.Entries.Where(entry => entry.Items.Length > 0).Select(entry => entry.Name)];

    [Fact]
    public void Every_packed_word_has_an_entry_in_the_bit_field_table()
    {
        IEnumerable<string> missing = SpecTypes.Words.Select(type => type.Name)
            .Where(name => !BitFieldTable.Words.Contains(name) && !s_testedByExample.Contains(name));
        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(WordNames))]
    public void The_table_names_exactly_the_fields_of_a_word(string name)
    {
        IEnumerable<string> settable = SpecTypes.Properties(SpecTypes.Named(name)).Where(property => property.CanWrite)
            .Select(property => property.Name).Where(property => !s_testedByExample.Contains(name + "." + property));
        Assert.Equal(BitFieldTable.Words[name].Items.Select(item => item.Name).Order(), settable.Order());
    }

    [Theory]
    [MemberData(nameof(WordNames))]
    public void Fields_neither_overlap_nor_pass_the_end(string name)
    {
        SpecTableEntry entry = BitFieldTable.Words[name];
        ulong taken = 0;
        foreach (SpecTableItem item in entry.Items)
        {
            Assert.Equal(0ul, taken & Mask(item));
            Assert.InRange(item.First + item.Second, 1, entry.Number);
            taken |= Mask(item);
        }
    }

    [Theory]
    [MemberData(nameof(WordNames))]
    public void A_field_decodes_its_own_bits_and_no_others(string name)
    {
        Type type = SpecTypes.Named(name);
        SpecTableEntry entry = BitFieldTable.Words[name];
        foreach (SpecTableItem item in entry.Items)
        {
            PropertyInfo property = type.GetProperty(item.Name)!;
            foreach (ulong value in ValuesOf(item))
            {
                ulong raw = value << item.First;
                Assert.Equal(value, Decode(property, Word(type, raw)));
                Assert.Equal(value, Decode(property, Word(type, raw | (~Mask(item) & WordMask(entry)))));
            }
        }
    }

    [Theory]
    [MemberData(nameof(WordNames))]
    public void Setting_a_field_changes_its_own_bits_and_no_others(string name)
    {
        Type type = SpecTypes.Named(name);
        SpecTableEntry entry = BitFieldTable.Words[name];
        foreach (SpecTableItem item in entry.Items)
        {
            PropertyInfo property = type.GetProperty(item.Name)!;
            foreach (ulong value in ValuesOf(item))
            {
                Assert.Equal(value << item.First, Encode(property, Word(type, 0), value));
                ulong others = ~Mask(item) & WordMask(entry);
                Assert.Equal((value << item.First) | others, Encode(property, Word(type, WordMask(entry)), value));
            }
        }
    }

    [Theory]
    [MemberData(nameof(WordNames))]
    public void A_value_too_wide_for_its_field_is_cut(string name)
    {
        Type type = SpecTypes.Named(name);
        foreach (SpecTableItem item in BitFieldTable.Words[name].Items)
        {
            PropertyInfo property = type.GetProperty(item.Name)!;
            int bits = SpecTypes.SizeOf(property.PropertyType) * 8;
            if (property.PropertyType != typeof(bool) && bits > item.Second)
            {
                ulong widest = bits == 64 ? ulong.MaxValue : (1ul << bits) - 1;
                Assert.Equal(Mask(item), Encode(property, Word(type, 0), widest));
            }
        }
    }

    [Theory]
    [MemberData(nameof(WordNames))]
    public void A_word_keeps_the_bits_that_no_field_names(string name)
    {
        Type type = SpecTypes.Named(name);
        ulong all = WordMask(BitFieldTable.Words[name]);
        Assert.Equal(name == "Status" ? 0x7FFFul : all, RawOf(Word(type, all)));
    }

    private static ulong Mask(SpecTableItem item) => (ulong.MaxValue >> (64 - item.Second)) << item.First;

    // The status is 15 bits of a word: bit 15 does not exist.
    private static ulong WordMask(SpecTableEntry entry) => entry.Name == "Status" ? 0x7FFF : ulong.MaxValue >> (64 - entry.Number);

    private static IEnumerable<ulong> ValuesOf(SpecTableItem item)
    {
        ulong widest = ulong.MaxValue >> (64 - item.Second);
        yield return 0;
        yield return widest;
        for (int bit = 0; bit < item.Second; bit++)
        {
            yield return 1ul << bit;
        }
    }

    private static object Word(Type type, ulong raw)
    {
        Type rawType = type.GetField("Raw")!.FieldType;
        return type.GetConstructor([rawType])!.Invoke([Convert.ChangeType(raw, rawType, CultureInfo.InvariantCulture)]);
    }

    private static ulong RawOf(object word) =>
        Convert.ToUInt64(word.GetType().GetField("Raw")!.GetValue(word), CultureInfo.InvariantCulture);

    private static ulong Decode(PropertyInfo property, object word) =>
        Convert.ToUInt64(property.GetValue(word), CultureInfo.InvariantCulture);

    private static ulong Encode(PropertyInfo property, object word, ulong value)
    {
        Type type = property.PropertyType;
        object typed = type.IsEnum ? Enum.ToObject(type, value) : Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
        property.SetValue(word, typed);
        return RawOf(word);
    }
}
