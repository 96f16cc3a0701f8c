namespace Nvmepf.Firmware.Console;

/// <summary>
/// What a command answers: values with names, lists of things and tables. The same calls make text of 80 columns for people
/// (<see cref="PlainReport"/>) and one line of JSON for scripts (<see cref="JsonReport"/>), so that the two cannot say different things.
/// </summary>
/// <remarks>Names are in JSON's manner, lower case with underscores, units in the name; people see them with spaces.</remarks>
internal abstract class Report
{
    /// <summary>True once the command could not do what it was asked.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>True where nobody reads on: the connection is gone, or ^C was typed. A long answer may stop.</summary>
    public virtual bool IsUnread => false;

    /// <summary>True where everything is told, even what says little: nobody's eyes have to find the rest in it.</summary>
    public virtual bool IsComplete => false;

    /// <summary>One value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    /// <param name="plain">What people see in place of the value, where that is easier to read; empty for nothing, where a heading says it.</param>
    public abstract void Field(string name, Cell value, string? plain = null);

    /// <summary>Begins a list of things, such as functions.</summary>
    public abstract void BeginItems(string name);

    /// <summary>Begins one thing of the list; <paramref name="title"/> is for people.</summary>
    public abstract void BeginItem(string? title);

    /// <summary>Ends the thing.</summary>
    public abstract void EndItem();

    /// <summary>Ends the list.</summary>
    public abstract void EndItems();

    /// <summary>Begins a table: a list of things that all have the same names.</summary>
    public abstract void BeginTable(string name, params ReadOnlySpan<Column> columns);

    /// <summary>One row, a cell for each column.</summary>
    public abstract void Row(params ReadOnlySpan<Cell> cells);

    /// <summary>Ends the table.</summary>
    public abstract void EndTable();

    /// <summary>A remark for people; JSON leaves it out.</summary>
    public abstract void Note(string text);

    /// <summary>The command could not do it: what is wrong, where, and what is allowed.</summary>
    public void Fail(string text)
    {
        HasFailed = true;
        ShowError(text);
    }

    /// <summary>
    /// The command has broken off in the middle, and an error follows: a table or list that it had begun is ended, or what was said is forgotten.
    /// </summary>
    public abstract void BreakOff();

    /// <summary>The answer is complete.</summary>
    public abstract void End();

    /// <summary>Shows what is wrong.</summary>
    protected abstract void ShowError(string text);
}
