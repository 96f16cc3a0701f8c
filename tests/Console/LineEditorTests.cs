using System.Linq;
using System.Text;
using Nvmepf.Firmware.Console.Terminal;
using Xunit;

namespace Nvmepf.Tests.Console;

public sealed class LineEditorTests
{
    private const string Prompt = "nvmepf> ";
    private const string Left = "\x1b[D";
    private const string Right = "\x1b[C";
    private const string Up = "\x1b[A";
    private const string Down = "\x1b[B";
    private const string MeaningfulKeys = "\x1b[ABCD;3~OHF\t\b\u007f\u0001\u0005\u000b\u0015\u0017st";

    public static TheoryData<string, string, int> Edits { get; } = new()
    {
        { "abc", "abc", 3 },
        { "abc\b", "ab", 2 },
        { "abc\x7f\x7f\x7f\x7f", "", 0 },
        { "abc" + Left + "X", "abXc", 3 },
        { "abc" + Left + Left + Left + Left + "X", "Xabc", 1 },
        { "abc\u0001X", "Xabc", 1 },
        { "abc\u0001\u0005X", "abcX", 4 },
        { "abc\x1b[HX", "Xabc", 1 },
        { "abc\x1b[1~X\x1b[4~Y", "XabcY", 5 },
        { "abc\x1bOHX\x1bOFY", "XabcY", 5 },
        { "abc\x1b[7~X\x1b[8~Y", "XabcY", 5 },
        { "abc\u0001\x1b[3~", "bc", 0 },
        { "abc\u0001\u0004", "bc", 0 },
        { "abc" + Left + Left + "\u000b", "a", 1 },
        { "abc" + Left + "\u0015", "c", 0 },
        { "one two  three\u0017", "one two  ", 9 },
        { "one two  \u0017", "one ", 4 },
        { "one two" + "\x1b[1;5D" + "X", "one Xtwo", 5 },
        { "one two\u0001" + "\x1b[1;5C" + "X", "oneX two", 4 },
        { "one two\x1b" + "b" + "X", "one Xtwo", 5 },
        { "abc" + Left + Right + "X", "abcX", 4 },
        { "a\x1b[200~b", "ab", 2 },
        { "a\x1b[99;99;99zb", "ab", 2 },
        { "a\x1b\x1b[Db", "ba", 1 },
        { "a\u0000b", "ab", 2 },
        { "a\u0003b", "b", 1 },
        { "a\fb", "ab", 2 },
        { "\u00e9", "", 0 },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void Keys_edit_the_line_and_the_screen_shows_it(string typed, string line, int cursor)
    {
        Editing editing = new();
        editing.Type(typed);
        Assert.Equal((line, cursor), (editing.Editor.Line, editing.Editor.Cursor));
        editing.CheckScreen();
    }

    [Theory]
    [InlineData("status\r")]
    [InlineData("status\n")]
    [InlineData("status\r\n")]
    public void Return_line_feed_or_both_enter_one_line(string typed)
    {
        Editing editing = new();
        Assert.Equal(["status"], editing.Type(typed));
    }

    [Fact]
    public void End_of_input_ends_on_an_empty_line_only()
    {
        Editing editing = new();
        Assert.Equal(EditorEvent.None, editing.Feed((byte)'a'));
        Assert.Equal(EditorEvent.None, editing.Feed(4));
        _ = editing.Feed(8);
        Assert.Equal(EditorEvent.EndOfInput, editing.Feed(4));
    }

    [Fact]
    public void History_goes_up_and_down_and_keeps_what_was_being_typed()
    {
        Editing editing = new();
        _ = editing.Type("one\rtwo\rtwo\r  \r");
        _ = editing.Type("dra" + Up);
        Assert.Equal("two", editing.Editor.Line);
        _ = editing.Type(Up);
        Assert.Equal("one", editing.Editor.Line);
        _ = editing.Type(Up + Up);
        Assert.Equal("one", editing.Editor.Line);
        Assert.Equal(2, editing.Screen.Bells);
        _ = editing.Type(Down + Down);
        Assert.Equal("dra", editing.Editor.Line);
        Assert.Equal(["dra"], editing.Type("\r"));
        editing.CheckScreen();
    }

    [Fact]
    public void History_is_bounded()
    {
        CommandHistory history = new();
        for (int i = 0; i < CommandHistory.LinesMax + 10; i++)
        {
            history.Add($"line {i}");
        }

        Assert.Equal(CommandHistory.LinesMax, history.Count);
        Assert.Equal("line 10", history[0]);
    }

    [Fact]
    public void A_long_line_scrolls_sideways_and_is_bounded()
    {
        Editing editing = new();
        for (int i = 0; i < LineEditor.LineLengthMax + 5; i++)
        {
            _ = editing.Type($"{i % 10}");
            editing.CheckScreen();
        }

        Assert.Equal(LineEditor.LineLengthMax, editing.Editor.Line.Length);
        Assert.Equal(5, editing.Screen.Bells);
        for (int i = 0; i < LineEditor.LineLengthMax; i++)
        {
            _ = editing.Type(Left);
            editing.CheckScreen();
        }

        Assert.Equal(0, editing.Editor.Cursor);
        Assert.Equal(new string([.. Enumerable.Range(0, LineEditor.LineLengthMax).Select(i => (char)('0' + (i % 10)))]), editing.Type("\r").Single());
    }

    [Fact]
    public void Typing_at_the_end_costs_a_byte_a_character()
    {
        Editing editing = new();
        _ = editing.Type("sta");
        Assert.Equal("t", editing.TypeRaw("t"));
        Assert.Equal("\b\x1b[K", editing.TypeRaw("\b"));
    }

    [Fact]
    public void Tab_completes_what_is_common_then_rings_then_lists()
    {
        Editing editing = new("status", "stats", "stop", "help");
        _ = editing.Type("h\t");
        Assert.Equal("help ", editing.Editor.Line);
        _ = editing.Type("\u0015s\t");
        Assert.Equal("st", editing.Editor.Line);
        Assert.Equal(0, editing.Screen.Bells);
        _ = editing.Type("\t");
        editing.CheckScreen();
        Assert.Contains(editing.Screen.Above, line => line.Contains("stats", StringComparison.Ordinal) && line.Contains("stop", StringComparison.Ordinal));
        _ = editing.Type("a\t\t");
        Assert.Equal("stat", editing.Editor.Line);
        _ = editing.Type("u\tx");
        Assert.Equal("status x", editing.Editor.Line);
        int bells = editing.Screen.Bells;
        _ = editing.Type("\u0015zzz\t");
        Assert.Equal(bells + 1, editing.Screen.Bells);
        editing.CheckScreen();
    }

    [Fact]
    public void Completion_in_the_middle_leaves_the_rest()
    {
        Editing editing = new("status");
        _ = editing.Type("sta --json\u0001" + Right + Right + Right + "\t");
        Assert.Equal("status --json", editing.Editor.Line);
        editing.CheckScreen();
    }

    [Fact]
    public void A_folder_is_completed_without_a_blank()
    {
        Editing editing = new("subsystems/");
        _ = editing.Type("sub\t");
        Assert.Equal("subsystems/", editing.Editor.Line);
    }

    [Fact]
    public void Hundreds_of_candidates_are_listed_in_part()
    {
        Editing editing = new([.. Enumerable.Range(0, 1000).Select(i => $"candidate-number-{i:d4}")]);
        _ = editing.Type("c\t\t");
        Assert.Contains(editing.Screen.Above, line => line.StartsWith("... ", StringComparison.Ordinal));
        Assert.True(editing.Screen.Above.Count < 30);
        editing.CheckScreen();
    }

    [Fact]
    public void All_short_sequences_of_keys_keep_screen_and_line_together()
    {
        string[] keys = ["a", " ", "\b", "\x1b[3~", Left, Right, "\u0001", "\u0005", "\u000b", "\u0015", "\u0017", Up, Down, "\t"];
        int total = (int)Math.Pow(keys.Length, 4);
        for (int i = 0; i < total; i++)
        {
            Editing editing = new("aa", "aab");
            _ = editing.Type("b a\r");
            for (int rest = i, place = 0; place < 4; place++, rest /= keys.Length)
            {
                _ = editing.Type(keys[rest % keys.Length]);
            }

            editing.CheckScreen();
        }
    }

    [Fact]
    public void Random_bytes_never_break_anything()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            Random random = new(seed);
            Editing editing = new("status", "stats", "subsystems/");
            byte[] bytes = new byte[500];
            random.NextBytes(bytes);
            for (int i = 0; i < bytes.Length; i++)
            {
                // Half of them such as mean something.
                byte value = random.Next(2) == 0 ? bytes[i] : (byte)MeaningfulKeys[bytes[i] % MeaningfulKeys.Length];
                if (editing.Feed(value) != EditorEvent.None)
                {
                    editing.Editor.Start();
                    editing.Show();
                }

                editing.CheckScreen();
            }
        }
    }

    /// <summary>An editor with the terminal that it draws on.</summary>
    private sealed class Editing
    {
        private readonly OutputBuffer _output = new(1 << 16);

        internal Editing(params string[] candidates)
        {
            Editor = new LineEditor(_output, new CommandHistory(), new Candidates(candidates), Prompt);
            Editor.Start();
            Show();
        }

        internal LineEditor Editor { get; }

        internal Screen Screen { get; } = new();

        internal EditorEvent Feed(byte value)
        {
            EditorEvent happened = Editor.Feed(value);
            Show();
            return happened;
        }

        /// <summary>Types, and returns the lines that were entered.</summary>
        internal List<string> Type(string keys)
        {
            List<string> lines = [];
            foreach (byte value in Encoding.Latin1.GetBytes(keys))
            {
                if (Feed(value) == EditorEvent.Line)
                {
                    lines.Add(Editor.Line);
                    Editor.Start();
                    Show();
                }
            }

            return lines;
        }

        internal string TypeRaw(string keys)
        {
            foreach (byte value in Encoding.Latin1.GetBytes(keys))
            {
                _ = Editor.Feed(value);
            }

            string sent = Encoding.ASCII.GetString(_output.Next);
            Show();
            return sent;
        }

        internal void Show()
        {
            while (_output.Count > 0)
            {
                Screen.Feed(_output.Next);
                _output.Taken(_output.Next.Length);
            }

            Assert.Equal(0, _output.Dropped);
        }

        /// <summary>The screen shows the prompt, a part of the line around the cursor, and the cursor at its place.</summary>
        internal void CheckScreen()
        {
            int shown = Screen.Columns - 1 - Prompt.Length;
            string wanted = Editor.Line;
            int column = Screen.Column - Prompt.Length;
            int first = Editor.Cursor - column;
            Assert.InRange(first, 0, Math.Max(0, wanted.Length));
            Assert.InRange(column, 0, shown);
            string part = wanted[first..Math.Min(wanted.Length, first + shown)];
            Assert.Equal((Prompt + part).TrimEnd(), Screen.Line);
        }
    }

    private sealed class Candidates(string[] candidates) : ICompleter
    {
        public int Complete(string line, List<string> found)
        {
            int start = line.LastIndexOf(' ') + 1;
            found.AddRange(candidates.Where(candidate => candidate.StartsWith(line[start..], StringComparison.Ordinal)));
            return start;
        }
    }
}
